"""Calls, letters, chats and enquiries: what was said, and what came of it."""
