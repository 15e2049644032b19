"""The parts of the container that tests, and applications around this one, may replace."""

from collections import abc
from typing import TypedDict

from application.ports.clock import Clock
from application.ports.conversation_repository import ConversationRepository
from application.ports.event_sink import EventSink
from application.ports.image_cache import ImageCache
from application.ports.image_inspector import ImageInspector
from application.ports.image_normalizer import ImageNormalizer
from application.ports.image_optimizer import ImageOptimizer
from application.ports.image_provider import ImageProvider
from application.ports.image_source import ImageSource
from application.ports.image_store import ImageStore
from application.ports.incoming_files import IncomingFiles
from application.ports.job_events import JobEvents
from application.ports.job_repository import JobRepository
from application.ports.preset_library import PresetLibrary
from application.ports.secret_store import SecretStore
from application.ports.upload_repository import UploadRepository
from application.ports.usage_ledger import UsageLedger
from entrypoints.bootstrap.image_sources import ClientRoots, Door


class Parts(TypedDict, total=False):
    """Parts of the container that a test, or an application around this one, may replace.

    The container closes only what it builds. `provider` is the only one of `image_providers`.
    """

    provider: ImageProvider
    image_providers: abc.Sequence[ImageProvider]
    door: Door
    client_roots: ClientRoots
    nearby_images: abc.Sequence[ImageSource]
    remote_images: abc.Sequence[ImageSource]
    image_store: ImageStore
    job_repository: JobRepository
    conversation_repository: ConversationRepository
    upload_repository: UploadRepository
    incoming_files: IncomingFiles
    usage_ledger: UsageLedger
    secret_store: SecretStore
    cache: ImageCache
    job_events: JobEvents
    presets: PresetLibrary
    extra_sinks: abc.Sequence[EventSink]
    inspector: ImageInspector
    normalizer: ImageNormalizer
    optimizer: ImageOptimizer
    clock: Clock
    sweep_seconds: float
    first_sweep_seconds: float
