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
	cost_usd VARCHAR,
	created_at DATETIME NOT NULL,
	changed_at DATETIME NOT NULL,
	writer INTEGER NOT NULL,
	PRIMARY KEY (id)
);
INSERT INTO "jobs" VALUES('job_stored','local','openai','generate','gpt-image-1.5','gpt-image-1','a red bridge','0000000000000000000000000000000000000000000000000000000000000000','stored',NULL,'req_1',1,2,3,'0.25','2026-11-22 12:00:00.000000','2026-11-22 12:00:30.000000',4242);
INSERT INTO "jobs" VALUES('job_sent','local','openai','generate','gpt-image-1.5','gpt-image-1','a red bridge','0000000000000000000000000000000000000000000000000000000000000000','dispatched',NULL,NULL,NULL,NULL,NULL,NULL,'2026-11-22 12:05:00.000000','2026-11-22 12:00:30.000000',4242);
INSERT INTO "jobs" VALUES('job_failed','local','openai','generate','gpt-image-1.5','gpt-image-1','a red bridge','0000000000000000000000000000000000000000000000000000000000000000','failed','rate_limited',NULL,NULL,NULL,NULL,NULL,'2026-11-22 12:06:00.000000','2026-11-22 12:00:30.000000',4242);
CREATE TABLE pictures (
	job_id VARCHAR NOT NULL,
	position INTEGER NOT NULL,
	picture_id VARCHAR NOT NULL,
	owner VARCHAR NOT NULL,
	place VARCHAR,
	PRIMARY KEY (job_id, position)
);
INSERT INTO "pictures" VALUES('job_stored',0,'img_11111111111111111111111111111111','local','/images/img_11111111111111111111111111111111.png');
CREATE INDEX ix_jobs_owner ON jobs (owner);
CREATE INDEX ix_jobs_state ON jobs (state);
CREATE INDEX ix_pictures_picture_id ON pictures (picture_id);
COMMIT;
