"""The older Node server beside ours. Its code is never ours: `server` takes a checkout of it."""
