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
    r"sensitive ?(content|words|information)|inappropriate content|contains? nsfw|"
    r"\b(prompt|response) (was |is |has been )?blocked|blocked by (our|the) content|"
    r"敏感(词|内容|信息)|内容(安全|审核|违规)|违规内容|"
    r"content_policy_violation|moderation_blocked|violates? .{0,40}polic"
)
GENERATED = re.compile(
    r"\bgenerated? (image|content|output)s?\b.{0,60}(filter|block|reject|flag|remov)|"
    r"\bgenerated image\(s\) (has|have) been blocked|output_moderation|response blocked|"
    r"output(image|video)sensitive|output data may contain"
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
    "exceeded_current_quota_error",
    "account_overdue_error",
    "arrearage",
)
QUOTA_WORDS = re.compile(
    r"exceeded your current quota|billing (hard|soft) limit|hard limit has been reached|"
    r"insufficient (account )?(credits?|balance|funds|quota)|credit balance|out of credits|"
    r"(not enough|no (remaining|more)|exhausted your|run out of) credits?|billing details|"
    r"billing is not active|budget has been exceeded|exceeded (your|the) .{0,20}(spend|budget)|"
    r"(spend|spending|usage) limit (has been |was )?(reached|exceeded)|"
    r"(reach(ed|ing)|exceed(ed|ing)) .{0,30}(spend|spending|usage) limit|key limit exceeded|"
    r"used all .{0,20}credits|(does|do)(n't| not) have any credits|lack sufficient credits|"
    r"balance is (insufficient|exhausted|too low)|exhausted balance|overdue balance|"
    r"free tier .{0,30}(has been |is )exhausted|only accessible to billed|call volume quota|"
    r"额度(不足|已用尽|已用完|失败)|余额不足|欠费|请充值"
)
NO_ALLOWANCE = re.compile(r"\blimit:? ?0(?!\d|[.,]\d)")
RATE_CODES = (
    "rate_limit_exceeded",
    "too_many_requests",
    "throttling",
    "throttling_exception",
    "too_many_requests_exception",
)
KEY_CODES = ("invalid_api_key", "api_key_invalid", "invalid_key", "invalid_token")
KEY_WORDS = re.compile(
    r"(incorrect|invalid|malformed) api[ -]?key|api[ -]?key (is )?(not valid|invalid)|"
    r"api[ -]?key (was|has been|is|has) (reported|revoked|expired|leaked)"
)
MODEL_CODES = ("model_not_found", "deployment_not_found", "invalid_model")
NO_MODEL = re.compile(
    r"invalid model name|not a valid model( id)?\b|no available channel|无可用渠道|"
    r"does not work with the specified model"
)
"""No service has the model: a gateway that says so has not passed the request on."""
NO_ROUTE = re.compile(
    r"invalid url|not found|no route|cannot (post|get)|unknown (url|path|route|endpoint)|"
    r"no such (route|path|endpoint)|unknown request url|method not allowed|does not support post"
)
MODEL_WORDS = re.compile(r"model|deployment|engine")
LOST_CODES = ("previous_response_not_found",)
LOST_WORDS = re.compile(r"previous response .{0,120}not found|previous_response_id.{0,60}not found")
NO_TOOL = re.compile(r"\bimage_generation\b.{0,60}not (supported|available|allowed)")
