"""What to do about a refusal. The names of settings and hosts are filled in."""

BAD_KEY = "Check OPENAI_API_KEY: it may be mistyped, expired, or from another project."
OTHER_KEY = (
    "Check {key}: it must be a key for {host}, the host in {url}. It may be "
    "mistyped, expired, or a key of another service."
)
BILLING = "Add credit or raise the limit at platform.openai.com → Settings → Billing."
OTHER_BILLING = "Add credit or raise the limit of this key's account at {host}."
TIER = (
    "Waiting does not help: the account's limit for this model is 0. Choose another model, or see "
    "the limits of the account{place}."
)
FIREWALL = (
    "The API key was probably not looked at. Check {url}, and whether a VPN or a proxy "
    "of this machine is blocked. The prompt may have triggered the firewall too."
)
UNEXPLAINED = (
    "The answer gives no reason. Check {url}, the model and the options that are not defaults."
)
NO_UPLOADS = (
    "An edit is sent as a form with files. If generating works, the endpoint cannot edit images: "
    "choose another model or endpoint for edits."
)
LOST = (
    "Repeat the call with useContext false, which starts anew, and send the image to continue from "
    "in images. OpenAI keeps responses for 30 days."
)
CANNOT_EDIT = "Generate an image instead, or edit with a model that another provider has."
NO_FIELD = (
    "Send one input image instead of several, or edit with a model that another provider has."
)
OTHER_MAINLINE = "Set RESPONSES_MODEL to a model with the image generation tool, then restart."
NO_BACKGROUND = (
    "Set RESPONSES_BACKGROUND=off, then restart; or, if the image tool's option is meant, leave "
    "background out."
)
TOO_LARGE = "Send smaller or fewer images: save them as JPEG, or scale them down."
