"""The migrations of the database: one step for each version of its schema.

Processes of different versions may share a database, so a step only adds what earlier versions can
ignore. A database of a later version is used as it is.
"""

from typing import NamedTuple

from sqlalchemy import Connection

from adapters.records.dialect import column_names, schema_version, set_schema_version


class AddColumn(NamedTuple):
    """Add a column, unless the table has it.

    All alpha releases left version 0, whichever of the first seven steps their database had.
    """

    table: str
    definition: str

    def run(self, connection: Connection) -> None:
        if self.definition.split()[0] not in column_names(connection, self.table):
            connection.exec_driver_sql(f"ALTER TABLE {self.table} ADD COLUMN {self.definition}")


class Statement(NamedTuple):
    """Run one SQL statement."""

    sql: str

    def run(self, connection: Connection) -> None:
        connection.exec_driver_sql(self.sql)


Step = tuple[AddColumn | Statement, ...]

JOBS_AND_IMAGES: Step = (
    Statement(
        "CREATE TABLE IF NOT EXISTS jobs (id VARCHAR NOT NULL PRIMARY KEY, owner VARCHAR NOT NULL, "
        "provider VARCHAR NOT NULL, action VARCHAR NOT NULL, model VARCHAR NOT NULL, "
        "asked_model VARCHAR NOT NULL, prompt VARCHAR NOT NULL, fingerprint VARCHAR NOT NULL, "
        "state VARCHAR NOT NULL, failure VARCHAR, request_id VARCHAR, text_tokens_in INTEGER, "
        "image_tokens_in INTEGER, tokens_out INTEGER, cost_usd VARCHAR, "
        "created_at DATETIME NOT NULL, changed_at DATETIME NOT NULL)"
    ),
    Statement("CREATE INDEX IF NOT EXISTS ix_jobs_owner ON jobs (owner)"),
    Statement("CREATE INDEX IF NOT EXISTS ix_jobs_state ON jobs (state)"),
    Statement(
        "CREATE TABLE IF NOT EXISTS pictures (job_id VARCHAR NOT NULL, position INTEGER NOT NULL, "
        "picture_id VARCHAR NOT NULL, owner VARCHAR NOT NULL, place VARCHAR, "
        "PRIMARY KEY (job_id, position))"
    ),
    Statement("CREATE INDEX IF NOT EXISTS ix_pictures_picture_id ON pictures (picture_id)"),
)
HOW_JOBS_ENDED: Step = (
    Statement("CREATE INDEX IF NOT EXISTS ix_jobs_created_at ON jobs (created_at)"),
    AddColumn("jobs", "writer VARCHAR"),
    AddColumn("jobs", "asked_pictures INTEGER DEFAULT '1' NOT NULL"),
    AddColumn("jobs", "estimate_usd VARCHAR"),
    AddColumn("jobs", "charged VARCHAR DEFAULT 'no' NOT NULL"),
    AddColumn("jobs", "message VARCHAR"),
    AddColumn("jobs", "hint VARCHAR"),
    AddColumn("jobs", "retryable INTEGER DEFAULT '0' NOT NULL"),
    AddColumn("jobs", "revised_prompt VARCHAR"),
    AddColumn("jobs", "notes VARCHAR"),
    AddColumn("pictures", "format VARCHAR DEFAULT 'png' NOT NULL"),
    AddColumn("pictures", "width INTEGER DEFAULT '0' NOT NULL"),
    AddColumn("pictures", "height INTEGER DEFAULT '0' NOT NULL"),
    AddColumn("pictures", "bytes INTEGER DEFAULT '0' NOT NULL"),
    AddColumn("pictures", "notes VARCHAR"),
)
IDEMPOTENCY_KEYS: Step = (
    Statement(
        "CREATE TABLE IF NOT EXISTS request_keys (owner VARCHAR NOT NULL, "
        "request_key VARCHAR NOT NULL, job_id VARCHAR NOT NULL, PRIMARY KEY (owner, request_key))"
    ),
)
CACHED_TOKENS: Step = (
    AddColumn("jobs", "cached_text_tokens_in INTEGER DEFAULT '0' NOT NULL"),
    AddColumn("jobs", "cached_image_tokens_in INTEGER DEFAULT '0' NOT NULL"),
)
SAVINGS: Step = (
    Statement(
        "CREATE TABLE IF NOT EXISTS savings (day DATE NOT NULL, model VARCHAR NOT NULL, "
        "answers INTEGER NOT NULL, saved_usd VARCHAR NOT NULL, PRIMARY KEY (day, model))"
    ),
)
REQUEST_DIGESTS: Step = (AddColumn("request_keys", "asked VARCHAR DEFAULT '' NOT NULL"),)
DELIVERED_IMAGES: Step = (AddColumn("jobs", "made_pictures INTEGER DEFAULT '0' NOT NULL"),)
TRASH: Step = (
    Statement(
        "CREATE TABLE IF NOT EXISTS trashed_images (job_id VARCHAR NOT NULL, "
        "position INTEGER NOT NULL, image_id VARCHAR NOT NULL, owner VARCHAR NOT NULL, "
        "ref VARCHAR, format VARCHAR NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL, "
        "bytes INTEGER NOT NULL, notes VARCHAR, deleted_at DATETIME NOT NULL, "
        "PRIMARY KEY (job_id, position))"
    ),
    Statement("CREATE INDEX IF NOT EXISTS ix_trashed_images_image_id ON trashed_images (image_id)"),
)
"""Rows of `pictures` move there and back: versions before 8 take the image for deleted."""
SEEN_COSTS_AND_DISMISSALS: Step = (
    AddColumn("jobs", "size VARCHAR"),
    AddColumn("jobs", "quality VARCHAR"),
    AddColumn("jobs", "partial_images INTEGER DEFAULT '0' NOT NULL"),
    AddColumn("jobs", "input_images INTEGER DEFAULT '0' NOT NULL"),
    AddColumn("jobs", "dismissed INTEGER DEFAULT '0' NOT NULL"),
    Statement("CREATE INDEX IF NOT EXISTS ix_jobs_kind ON jobs (model, quality, size, created_at)"),
)
INDEXES_OF_QUERIES: Step = (
    Statement(
        "CREATE INDEX IF NOT EXISTS ix_jobs_owner_state ON jobs (owner, state, created_at, id)"
    ),
    Statement(
        "CREATE INDEX IF NOT EXISTS ix_jobs_owner_created_at ON jobs (owner, created_at, id)"
    ),
    Statement(
        "CREATE INDEX IF NOT EXISTS ix_jobs_account ON jobs (model, created_at, state, charged, "
        "asked_pictures, made_pictures, cost_usd, estimate_usd, text_tokens_in, image_tokens_in, "
        "tokens_out, cached_text_tokens_in, cached_image_tokens_in)"
    ),
    Statement("DROP INDEX IF EXISTS ix_jobs_owner"),
    Statement(
        "CREATE INDEX IF NOT EXISTS ix_trashed_images_owner ON trashed_images (owner, deleted_at)"
    ),
)
"""The dropped index is the beginning of two new ones, so earlier versions search no slower."""
CONVERSATIONS: Step = (
    AddColumn("jobs", "conversation VARCHAR"),
    AddColumn("jobs", "continuation VARCHAR"),
    Statement(
        "CREATE INDEX IF NOT EXISTS ix_jobs_conversation ON jobs (owner, conversation) "
        "WHERE conversation IS NOT NULL"
    ),
    Statement(
        "CREATE TABLE IF NOT EXISTS turns (id VARCHAR NOT NULL PRIMARY KEY, "
        "owner VARCHAR NOT NULL, conversation VARCHAR NOT NULL, number INTEGER, job_id VARCHAR, "
        "action VARCHAR NOT NULL, prompt VARCHAR NOT NULL, context VARCHAR, images VARCHAR, "
        "served_from VARCHAR, begun_at DATETIME NOT NULL, stored_at DATETIME)"
    ),
    Statement("CREATE INDEX IF NOT EXISTS ix_turns_job_id ON turns (job_id)"),
    Statement(
        "CREATE INDEX IF NOT EXISTS ix_turns_conversation ON turns (owner, conversation, number)"
    ),
)
"""Few jobs are of a conversation, so its index of jobs is partial."""
SEARCHES_AND_RECIPES: Step = (
    AddColumn("jobs", "recipe VARCHAR"),
    AddColumn("jobs", "search_row INTEGER"),
    Statement(
        "CREATE INDEX IF NOT EXISTS ix_jobs_search_row ON jobs (search_row) "
        "WHERE search_row IS NOT NULL"
    ),
    Statement(
        "CREATE INDEX IF NOT EXISTS ix_jobs_unindexed ON jobs (state, created_at, id) "
        "WHERE search_row IS NULL"
    ),
    Statement(
        "CREATE INDEX IF NOT EXISTS ix_jobs_owner_model "
        "ON jobs (owner, model, state, created_at, id)"
    ),
)
"""The index of prompts is no step: `prompt_index` creates it where SQLite has one."""
MAINLINE_TOKENS: Step = (
    AddColumn("jobs", "mainline_tokens_in INTEGER"),
    AddColumn("jobs", "mainline_tokens_out INTEGER"),
    AddColumn("jobs", "mainline_cached_tokens_in INTEGER"),
    AddColumn("jobs", "mainline_written_tokens_in INTEGER"),
)
ACCOUNTS_OF_MAINLINE_TOKENS: Step = (
    Statement("DROP INDEX IF EXISTS ix_jobs_account"),
    Statement(
        "CREATE INDEX IF NOT EXISTS ix_jobs_account ON jobs (model, created_at, state, charged, "
        "asked_pictures, made_pictures, cost_usd, estimate_usd, text_tokens_in, image_tokens_in, "
        "tokens_out, cached_text_tokens_in, cached_image_tokens_in, mainline_tokens_in, "
        "mainline_tokens_out, mainline_cached_tokens_in, mainline_written_tokens_in)"
    ),
)
"""An account is added up from the index alone, so it has all that is added."""
UPLOADS: Step = (
    AddColumn("pictures", "uploaded_at DATETIME"),
    AddColumn("pictures", "upload_name VARCHAR"),
    AddColumn("trashed_images", "uploaded_at DATETIME"),
    AddColumn("trashed_images", "upload_name VARCHAR"),
    Statement(
        "CREATE INDEX IF NOT EXISTS ix_uploads ON pictures (owner, uploaded_at, job_id) "
        "WHERE uploaded_at IS NOT NULL"
    ),
)

REPEATED_JOBS: Step = (
    AddColumn("jobs", "repeated_at DATETIME"),
    Statement(
        "CREATE INDEX IF NOT EXISTS ix_jobs_repeated ON jobs (owner, repeated_at) "
        "WHERE repeated_at IS NOT NULL"
    ),
)

HANDLES: Step = (AddColumn("jobs", "handle VARCHAR"),)
ACCOUNTS_OF_PROVIDERS: Step = (
    Statement("DROP INDEX IF EXISTS ix_jobs_account"),
    Statement(
        "CREATE INDEX IF NOT EXISTS ix_jobs_account ON jobs (model, created_at, state, charged, "
        "asked_pictures, made_pictures, cost_usd, estimate_usd, text_tokens_in, image_tokens_in, "
        "tokens_out, cached_text_tokens_in, cached_image_tokens_in, mainline_tokens_in, "
        "mainline_tokens_out, mainline_cached_tokens_in, mainline_written_tokens_in, provider)"
    ),
)
MASKS: Step = (
    AddColumn("pictures", "mask_of VARCHAR"),
    AddColumn("trashed_images", "mask_of VARCHAR"),
)
CLIENTS_AND_REUSED_RESULTS: Step = (
    AddColumn("jobs", "client VARCHAR"),
    Statement(
        "CREATE TABLE IF NOT EXISTS reused_results (day DATE NOT NULL, hour INTEGER NOT NULL, "
        "model VARCHAR NOT NULL, owner VARCHAR NOT NULL, client VARCHAR NOT NULL, "
        "action VARCHAR NOT NULL, results INTEGER NOT NULL, saved_usd VARCHAR NOT NULL, "
        "PRIMARY KEY (day, hour, model, owner, client, action))"
    ),
)

STEPS = (
    JOBS_AND_IMAGES,
    HOW_JOBS_ENDED,
    IDEMPOTENCY_KEYS,
    CACHED_TOKENS,
    SAVINGS,
    REQUEST_DIGESTS,
    DELIVERED_IMAGES,
    TRASH,
    SEEN_COSTS_AND_DISMISSALS,
    INDEXES_OF_QUERIES,
    CONVERSATIONS,
    (*SEARCHES_AND_RECIPES, *MAINLINE_TOKENS),
    REPEATED_JOBS,
    ACCOUNTS_OF_MAINLINE_TOKENS,
    UPLOADS,
    HANDLES,
    ACCOUNTS_OF_PROVIDERS,
    MASKS,
    CLIENTS_AND_REUSED_RESULTS,
)
"""Step n leads from version n - 1 to version n. Released steps never change."""


def is_current(connection: Connection) -> bool:
    """Whether the database has the latest version, or a later one."""
    return schema_version(connection) >= len(STEPS)


def migrate(connection: Connection) -> None:
    """Bring the database to the latest version, in the transaction of `connection`."""
    if is_current(connection):  # another process was faster
        return
    for step in STEPS[schema_version(connection) :]:
        for change in step:
            change.run(connection)
    set_schema_version(connection, len(STEPS))
