"""The tables of the records, as queries use them; `migrations` creates them.

A released column keeps its name in the database; `key` is its name in the code, where they differ.
"""

from sqlalchemy import Column, Index, Integer, MetaData, String, Table, text

from adapters.records.dialect import LenientDate, LenientDateTime

tables = MetaData()
jobs = Table(
    "jobs",
    tables,
    Column("id", String, primary_key=True),
    Column("owner", String, nullable=False),
    Column("provider", String, nullable=False),
    Column("action", String, nullable=False),
    Column("model", String, nullable=False),
    Column("asked_model", String, key="requested_model", nullable=False),
    Column("prompt", String, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("state", String, nullable=False, index=True),
    Column("failure", String),
    Column("request_id", String),
    Column("text_tokens_in", Integer),
    Column("image_tokens_in", Integer),
    Column("tokens_out", Integer),
    Column("cached_text_tokens_in", Integer, nullable=False, server_default="0"),
    Column("cached_image_tokens_in", Integer, nullable=False, server_default="0"),
    Column("cost_usd", String),
    Column("created_at", LenientDateTime, nullable=False, index=True),
    Column("changed_at", LenientDateTime, nullable=False),
    Column("writer", String),
    Column("asked_pictures", Integer, key="requested_images", nullable=False, server_default="1"),
    Column("made_pictures", Integer, key="delivered_images", nullable=False, server_default="0"),
    Column("estimate_usd", String),
    Column("charged", String, nullable=False, server_default="no"),
    Column("message", String),
    Column("hint", String),
    Column("retryable", Integer, nullable=False, server_default="0"),
    Column("revised_prompt", String),
    Column("notes", String),
    Column("size", String),
    Column("quality", String),
    Column("partial_images", Integer, nullable=False, server_default="0"),
    Column("input_images", Integer, nullable=False, server_default="0"),
    Column("dismissed", Integer, nullable=False, server_default="0"),
    Column("conversation", String),
    Column("continuation", String),
    Column("recipe", String),
    Column("search_row", Integer),
    Column("mainline_tokens_in", Integer),
    Column("mainline_tokens_out", Integer),
    Column("mainline_cached_tokens_in", Integer),
    Column("mainline_written_tokens_in", Integer),
    Column("repeated_at", LenientDateTime),
    Column("handle", String),
    Column("client", String),
    Index("ix_jobs_kind", "model", "quality", "size", "created_at"),
    Index("ix_jobs_owner_state", "owner", "state", "created_at", "id"),
    Index("ix_jobs_owner_created_at", "owner", "created_at", "id"),
    Index("ix_jobs_owner_model", "owner", "model", "state", "created_at", "id"),
    Index("ix_jobs_search_row", "search_row", sqlite_where=text("search_row IS NOT NULL")),
    Index(
        "ix_jobs_unindexed",
        *("state", "created_at", "id"),
        sqlite_where=text("search_row IS NULL"),
    ),
    Index(
        "ix_jobs_account",
        *("model", "created_at", "state", "charged", "requested_images", "delivered_images"),
        *("cost_usd", "estimate_usd", "text_tokens_in", "image_tokens_in", "tokens_out"),
        *("cached_text_tokens_in", "cached_image_tokens_in"),
        *("mainline_tokens_in", "mainline_tokens_out"),
        *("mainline_cached_tokens_in", "mainline_written_tokens_in", "provider"),
    ),
    Index("ix_jobs_conversation", "owner", "conversation"),
    Index(
        "ix_jobs_repeated",
        *("owner", "repeated_at"),
        sqlite_where=text("repeated_at IS NOT NULL"),
    ),
)
"""`conversation` is the one whose turn started the job; empty when that was cleared."""
images = Table(
    "pictures",
    tables,
    Column("job_id", String, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("picture_id", String, key="image_id", nullable=False, index=True),
    Column("owner", String, nullable=False),
    Column("place", String, key="ref"),
    Column("format", String, nullable=False, server_default="png"),
    Column("width", Integer, nullable=False, server_default="0"),
    Column("height", Integer, nullable=False, server_default="0"),
    Column("bytes", Integer, nullable=False, server_default="0"),
    Column("notes", String),
    Column("uploaded_at", LenientDateTime),
    Column("upload_name", String),
    Column("mask_of", String),
    Index(
        "ix_uploads",
        *("owner", "uploaded_at", "job_id"),
        sqlite_where=text("uploaded_at IS NOT NULL"),
    ),
)
"""The images of owners: those that jobs delivered, and uploads, whose `job_id` is the ID of the
upload. Versions before 15 join each row with its job, so they see no uploads. A mask is an upload
with the ID of its image in `mask_of`; versions before 18 take it for an ordinary one."""
trashed_images = Table(
    "trashed_images",
    tables,
    Column("job_id", String, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("image_id", String, nullable=False, index=True),
    Column("owner", String, nullable=False),
    Column("ref", String),
    Column("format", String, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("notes", String),
    Column("deleted_at", LenientDateTime, nullable=False),
    Column("uploaded_at", LenientDateTime),
    Column("upload_name", String),
    Column("mask_of", String),
    Index("ix_trashed_images_owner", "owner", "deleted_at"),
)
"""Images in the trash: the columns of `images`, and the time of the deletion."""
turns = Table(
    "turns",
    tables,
    Column("id", String, primary_key=True),
    Column("owner", String, nullable=False),
    Column("conversation", String, nullable=False),
    Column("number", Integer),
    Column("job_id", String, index=True),
    Column("action", String, nullable=False),
    Column("prompt", String, nullable=False),
    Column("context", String),
    Column("images", String),
    Column("served_from", String),
    Column("begun_at", LenientDateTime, nullable=False),
    Column("stored_at", LenientDateTime),
    Index("ix_turns_conversation", "owner", "conversation", "number"),
)
"""The turns of conversations. One has a number once its images are stored; what its provider
returned is in the row of its job."""
request_keys = Table(
    "request_keys",
    tables,
    Column("owner", String, primary_key=True),
    Column("request_key", String, primary_key=True),
    Column("asked", String, key="request_digest", nullable=False, server_default=""),
    Column("job_id", String, nullable=False),
)
savings = Table(
    "savings",
    tables,
    Column("day", LenientDate, primary_key=True),
    Column("model", String, primary_key=True),
    Column("answers", Integer, nullable=False),
    Column("saved_usd", String, nullable=False),
)
reused_results = Table(
    "reused_results",
    tables,
    Column("day", LenientDate, primary_key=True),
    Column("hour", Integer, primary_key=True),
    Column("model", String, primary_key=True),
    Column("owner", String, primary_key=True),
    Column("client", String, primary_key=True),
    Column("action", String, primary_key=True),
    Column("results", Integer, nullable=False),
    Column("saved_usd", String, nullable=False),
)
"""Where the savings come from, as far as that was recorded: `savings` has all of them. Earlier
versions write only there."""
