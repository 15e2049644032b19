BEGIN TRANSACTION;
CREATE TABLE jobs (
	id VARCHAR NOT NULL,
	owner VARCHAR NOT NULL,
	provider VARCHAR NOT NULL,
	action VARCHAR NOT NULL,
	model VARCHAR NOT NULL,
	asked_model VARCHAR NOT NULL,
	prompt VARCHAR NOT NULL,
	fingerprint VARCHAR NOT NULL,
	state VARCHAR NOT NULL,
	failure VARCHAR,
	request_id VARCHAR,
	text_tokens_in INTEGER,
	image_tokens_in INTEGER,
	tokens_out INTEGER,
	cached_text_tokens_in INTEGER DEFAULT '0' NOT NULL,
	cached_image_tokens_in INTEGER DEFAULT '0' NOT NULL,
	cost_usd VARCHAR,
	created_at DATETIME NOT NULL,
	changed_at DATETIME NOT NULL,
	writer VARCHAR,
	asked_pictures INTEGER DEFAULT '1' NOT NULL,
	estimate_usd VARCHAR,
	charged VARCHAR DEFAULT 'no' NOT NULL,
	message VARCHAR,
	hint VARCHAR,
	retryable INTEGER DEFAULT '0' NOT NULL,
	revised_prompt VARCHAR,
	notes VARCHAR,
	PRIMARY KEY (id)
);
INSERT INTO "jobs" VALUES('job_stored','local','openai','generate','gpt-image-1.5','gpt-image-1','a red bridge','0000000000000000000000000000000000000000000000000000000000000000','stored',NULL,'req_1',1,2,3,1,0,'0.25','2026-11-22 12:00:00.000000','2026-11-22 12:00:30.000000','4242-0a1b2c3d',2,'0.3','no',NULL,NULL,0,'a bridge, red','["one"]');
INSERT INTO "jobs" VALUES('job_sent','local','openai','generate','gpt-image-1.5','gpt-image-1','a red bridge','0000000000000000000000000000000000000000000000000000000000000000','dispatched',NULL,NULL,NULL,NULL,NULL,0,0,NULL,'2026-11-22 12:05:00.000000','2026-11-22 12:00:30.000000','4242-0a1b2c3d',1,NULL,'no',NULL,NULL,0,NULL,NULL);
INSERT INTO "jobs" VALUES('job_failed','local','openai','generate','gpt-image-1.5','gpt-image-1','a red bridge','0000000000000000000000000000000000000000000000000000000000000000','failed','rate_limited',NULL,NULL,NULL,NULL,0,0,NULL,'2026-11-22 12:06:00.000000','2026-11-22 12:00:30.000000','4242-0a1b2c3d',1,NULL,'no','Not now.','Later.',1,NULL,NULL);
CREATE TABLE pictures (
	job_id VARCHAR NOT NULL,
	position INTEGER NOT NULL,
	picture_id VARCHAR NOT NULL,
	owner VARCHAR NOT NULL,
	place VARCHAR,
	format VARCHAR DEFAULT 'png' NOT NULL,
	width INTEGER DEFAULT '0' NOT NULL,
	height INTEGER DEFAULT '0' NOT NULL,
	bytes INTEGER DEFAULT '0' NOT NULL,
	notes VARCHAR,
	PRIMARY KEY (job_id, position)
);
INSERT INTO "pictures" VALUES('job_stored',0,'img_11111111111111111111111111111111','local','/images/img_11111111111111111111111111111111.png','png',8,6,70,'["smaller"]');
CREATE TABLE request_keys (
	owner VARCHAR NOT NULL,
	request_key VARCHAR NOT NULL,
	job_id VARCHAR NOT NULL,
	PRIMARY KEY (owner, request_key)
);
INSERT INTO "request_keys" VALUES('local','k-1','job_stored');
CREATE INDEX ix_jobs_created_at ON jobs (created_at);
CREATE INDEX ix_jobs_owner ON jobs (owner);
CREATE INDEX ix_jobs_state ON jobs (state);
CREATE INDEX ix_pictures_picture_id ON pictures (picture_id);
COMMIT;
