"""Codes and words in the refusals of OpenAI, of other services and of gateways.

The words are searched in the codes and the message, in lower case.
"""

import re

MODERATION_CODES = (
    "moderation_blocked",
    "content_policy_violation",
    "content_filter",
    "content_filtered",
    "responsible_ai_policy_violation",
    "content_moderation",
    "content_blocked",
    "image_safety",
    "prohibited_content",
    "data_inspection_failed",
    "sensitive_words_detected",
    "nsfw",
    "sensitive_content_detected",
    "input_moderation",
    "output_moderation",
    "moderation_failed",
)
"""OpenAI's two, and those of Azure, Google, Alibaba and gateways."""
MODERATION_WORDS = re.compile(
    r"safety (system|filter|polic|check|guideline)|content (management )?(policy|policies|filter)|"
    r"usage polic|responsible ?ai|\bflagged (by|for|as|due)|\bnsfw\b|content moderation|"
    r"(prompt|input|image|content|request) (was|is|has been|were) filtered|"
    r"sensitive (content|words)|"
    r"content_policy_violation|moderation_blocked|violates? .{0,40}polic"
)
GENERATED = re.compile(
    r"\bgenerated? (image|content|output)s?\b.{0,60}(filter|block|reject|flag|remov)|"
    r"output_moderation"
)
QUOTA_CODES = (
    "insufficient_quota",
    "insufficient_user_quota",
    "billing_hard_limit_reached",
    "billing_not_active",
    "billing_limit_reached",
    "billing_limit_user_error",
    "insufficient_credits",
    "insufficient_balance",
    "insufficient_funds",
    "payment_required",
    "budget_exceeded",
    "credits_exhausted",
    "quota_exhausted",
)
QUOTA_WORDS = re.compile(
    r"exceeded your current quota|billing (hard|soft) limit|hard limit has been reached|"
    r"insufficient (account )?(credits?|balance|funds|quota)|credit balance|out of credits|"
    r"(not enough|no (remaining|more)|exhausted your|run out of) credits?|billing details|"
    r"billing is not active|budget has been exceeded|exceeded (your|the) .{0,20}(spend|budget)|"
    r"(spend|spending|usage) limit (has been |was )?(reached|exceeded)"
)
NO_ALLOWANCE = re.compile(r"\blimit:? ?0(?!\d|[.,]\d)")
KEY_CODES = ("invalid_api_key", "api_key_invalid", "invalid_key", "invalid_token")
KEY_WORDS = re.compile(
    r"(incorrect|invalid|malformed) api[ -]?key|api[ -]?key (is )?(not valid|invalid)"
)
NO_ROUTE = re.compile(
    r"invalid url|not found|no route|cannot (post|get)|unknown (url|path|route|endpoint)|"
    r"no such (route|path|endpoint)|unknown request url|method not allowed|does not support post"
)
MODEL_WORDS = re.compile(r"model|deployment|engine")
