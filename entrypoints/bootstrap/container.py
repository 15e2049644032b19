"""The composition root: builds every part and connects them.

Adapters are chosen only in `providers`, `storage` and `observability`: plain functions that import
what they build, so that nothing heavy is loaded before it is needed. All other parts get their
dependencies through their constructors.
"""

from contextlib import AsyncExitStack
from typing import Unpack

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Callable, Dependency, Factory, List, Object
from dependency_injector.providers import ThreadSafeSingleton as Singleton  # built while warming

from application.conversations import Conversations
from application.cost_estimates import CostEstimates
from application.day_budget import DayBudget
from application.delivery_times import DeliveryTimes
from application.early_renditions import EarlyRenditions
from application.image_library import ImageLibrary
from application.image_trash import ImageTrash
from application.jobs.idempotency import IdempotentJobs
from application.jobs.job_service import JobService
from application.jobs.stored_results import StoredResults
from application.ports.clock import SystemClock
from application.ports.image_provider import ImageProvider
from application.rendition_service import RenditionService
from application.result_cache import ResultCache
from application.savings_counter import SavingsCounter
from application.styling import Styling
from application.use_cases.add_images import AddImages
from application.use_cases.analyze_usage import AnalyzeUsage
from application.use_cases.cache_stats import CacheStats
from application.use_cases.check_models import CheckModels
from application.use_cases.check_readiness import CheckReadiness
from application.use_cases.clear_cache import ClearCache
from application.use_cases.clear_conversation import ClearConversation
from application.use_cases.confirm_spending import ConfirmSpending
from application.use_cases.delete_image import DeleteImage
from application.use_cases.describe_image import DescribeImage
from application.use_cases.dismiss_jobs import DismissJobs
from application.use_cases.drain_jobs import DrainJobs
from application.use_cases.edit_image import EditImage
from application.use_cases.empty_trash import EmptyTrash
from application.use_cases.expand_preset import ExpandPreset
from application.use_cases.expect_duration import ExpectDuration
from application.use_cases.expire_uploads import ExpireUploads
from application.use_cases.find_image import FindImage
from application.use_cases.find_job import FindJob
from application.use_cases.follow_job import FollowJob
from application.use_cases.generate_image import GenerateImage
from application.use_cases.get_conversation import GetConversation
from application.use_cases.get_image import GetImage
from application.use_cases.get_job import GetJob
from application.use_cases.get_mask import GetMask
from application.use_cases.get_recipe import GetRecipe
from application.use_cases.limit_storage import LimitStorage
from application.use_cases.list_conversations import ListConversations
from application.use_cases.list_images import ListImages
from application.use_cases.list_jobs import ListJobs
from application.use_cases.list_models import ListModels
from application.use_cases.list_presets import ListPresets
from application.use_cases.list_styles import ListStyles
from application.use_cases.list_trash import ListTrash
from application.use_cases.preview_images import PreviewImages
from application.use_cases.probe_provider import ProbeProvider
from application.use_cases.prune_images import PruneImages
from application.use_cases.read_image_chunk import ReadImageChunk
from application.use_cases.recover_jobs import RecoverJobs
from application.use_cases.report_usage import ReportUsage
from application.use_cases.resolve_reference import ResolveReference
from application.use_cases.restore_image import RestoreImage
from application.use_cases.resume_jobs import ResumeJobs
from application.use_cases.save_mask import SaveMask
from application.use_cases.save_previews import SavePreviews
from application.use_cases.suggest_images import SuggestImages
from application.use_cases.undo_turn import UndoTurn
from application.use_cases.view_image import ViewImage
from entrypoints.bootstrap import storage
from entrypoints.bootstrap.container_parts import Parts
from entrypoints.bootstrap.image_sources import nearby_images, no_client_roots, remote_images
from entrypoints.bootstrap.image_tools import (
    image_optimizer,
    image_processors,
    image_workers,
    pillow_inspector,
    pillow_normalizer,
)
from entrypoints.bootstrap.observability import (
    event_sink,
    job_metrics,
    log_sink,
    log_writer,
    retirement_sink,
)
from entrypoints.bootstrap.plugins import Plugins
from entrypoints.bootstrap.preset_files import preset_library
from entrypoints.bootstrap.providers import (
    all_secrets,
    image_providers,
    provider_registry,
    resume_loop,
    retry_loop,
)
from entrypoints.bootstrap.safeguards import job_runner, with_safeguards
from entrypoints.config.settings import Settings


class Container(DeclarativeContainer):
    """All parts of the application, each built once at first use.

    `run_application(settings, provider=FakeProvider())` replaces a part.
    """

    settings: Dependency[Settings] = Dependency(instance_of=Settings)
    exit_stack: Singleton[AsyncExitStack] = Singleton(AsyncExitStack)
    clock = Singleton(SystemClock)
    log_writer = Singleton(log_writer, settings, exit_stack)
    plugins = Singleton(Plugins, settings, log_writer, exit_stack)
    secrets = Callable(all_secrets, settings, plugins)
    database = Singleton(storage.database, settings, exit_stack)
    image_store = Singleton(storage.image_store, settings, database, exit_stack)
    job_repository = Singleton(storage.job_repository, database)
    conversation_repository = Singleton(storage.conversation_repository, database)
    upload_repository = Singleton(storage.upload_repository, database)
    incoming_files = Singleton(storage.incoming_files, settings)
    usage_ledger = Singleton(storage.usage_ledger, database)
    secret_store = Singleton(storage.secret_store, settings)
    day_budget = Singleton(DayBudget, usage_ledger, settings.provided.limits, clock)
    cost_estimates = Singleton(CostEstimates, usage_ledger, clock)
    image_library = Singleton(ImageLibrary, image_store, job_repository)
    image_trash = Singleton(ImageTrash, image_library, clock, days=settings.provided.trash_days)

    provider: Object[ImageProvider | None] = Object(None)
    """The only provider, in place of those of the settings."""
    image_providers = Singleton(image_providers, settings, exit_stack, provider, plugins)
    """Every provider; the first one serves requests that name no model."""
    list_models = Factory(ListModels, image_providers, clock)
    check_models = Factory(CheckModels, image_providers, clock, secrets)

    log_sink = Singleton(log_sink, settings, log_writer)
    retirement_sink = Singleton(retirement_sink, log_writer, list_models.provider)
    metrics = Singleton(job_metrics, list_models.provider)
    savings_counter = Singleton(SavingsCounter, usage_ledger.provider, clock)
    delivery_times = Singleton(DeliveryTimes, job_repository.provider, clock)
    extra_sinks = List()
    """More event sinks, of a test or of an application that embeds this one."""
    event_sink = Singleton(
        event_sink,
        log_sink,
        retirement_sink,
        metrics,
        savings_counter,
        delivery_times,
        extra=extra_sinks,
        plugins=plugins,
    )

    image_workers = Singleton(image_workers)
    inspector = Singleton(pillow_inspector, image_workers)
    normalizer = Singleton(pillow_normalizer, image_workers)
    optimizer = Singleton(image_optimizer, settings, plugins)
    image_processors = Singleton(image_processors, settings, plugins)
    retry_loop = Callable(retry_loop)
    resume_loop = Callable(resume_loop, settings)

    cache = Singleton(storage.image_cache, settings, exit_stack, event_sink, plugins)
    rendition_service = Singleton(
        RenditionService, optimizer, cache, image_store, event_sink, image_processors
    )
    job_events = Singleton(storage.job_events)
    job_runner = Singleton(job_runner, settings, job_events, event_sink, clock)
    early_renditions = Singleton(EarlyRenditions, job_runner, rendition_service)

    guard = Callable(
        with_safeguards,
        images=image_store,
        records=job_repository,
        estimates=cost_estimates,
        inspector=inspector,
        attempts=retry_loop,
        resumptions=resume_loop,
        clock=clock,
        settings=settings,
        on_arrival=early_renditions.provided.begin,
        secrets=secrets,
    )
    provider_registry = Singleton(provider_registry, image_providers, guard.provider, plugins)

    sweep_seconds = Object(300.0)
    """Seconds between two runs of each cleanup: of jobs, cache entries, trash and stored images."""
    first_sweep_seconds = Object(0.5)
    """Seconds from startup to the first cleanup of abandoned jobs and of images."""
    door = Object("http")
    """The entry point: a `Door`. The default has the fewest rights."""
    client_roots = Object(no_client_roots)
    nearby_images = Singleton(nearby_images, settings, door, client_roots)
    """Sources of images that are asked before the records, such as the caller's own files."""
    remote_images = Singleton(remote_images, settings)
    """Sources of images that are asked after the records."""
    result_cache = Singleton(ResultCache, cache, image_library)
    view_cache = Singleton(storage.view_cache)
    stored_results = Singleton(StoredResults, image_library)
    idempotent_jobs = Singleton(IdempotentJobs, job_runner, job_repository, stored_results)
    job_service = Singleton(
        JobService,
        provider_registry,
        result_cache,
        rendition_service,
        job_runner,
        idempotent_jobs,
        day_budget,
        clock,
        settings.provided.fallback,
    )
    conversations = Singleton(Conversations, conversation_repository, image_library, clock)
    find_image = Factory(FindImage, job_repository, delivery_times, upload_repository)
    resolve_reference = Factory(
        ResolveReference, find_image, image_library, nearby_images, remote_images
    )
    find_job = Factory(FindJob, job_repository)
    presets = Singleton(preset_library, settings)
    styling = Singleton(Styling, presets, find_image, image_library)
    edit_image = Factory(EditImage, job_service, normalizer, styling, conversations)
    generate_image = Factory(GenerateImage, job_service, styling, edit_image, conversations)
    probe_provider = Factory(ProbeProvider, image_providers, generate_image, clock, secrets)
    list_conversations = Factory(ListConversations, conversation_repository)
    get_conversation = Factory(GetConversation, conversation_repository)
    undo_turn = Factory(UndoTurn, conversation_repository)
    clear_conversation = Factory(ClearConversation, conversation_repository, cache, job_runner)
    get_image = Factory(
        GetImage,
        job_runner,
        job_repository,
        upload_repository,
        stored_results,
        rendition_service,
        day_budget,
    )
    list_jobs = Factory(ListJobs, job_runner, job_repository)
    dismiss_jobs = Factory(DismissJobs, job_repository)
    list_images = Factory(ListImages, list_jobs, job_repository, upload_repository, clock)
    add_images = Singleton(
        AddImages, incoming_files, normalizer, image_store, upload_repository, clock
    )
    save_mask = Singleton(SaveMask, image_library, normalizer, upload_repository, clock)
    get_mask = Factory(GetMask, upload_repository)
    delete_image = Factory(DeleteImage, image_trash, cache, view_cache)
    restore_image = Factory(RestoreImage, image_trash, stored_results, cache)
    list_trash = Factory(ListTrash, image_trash)
    empty_trash = Factory(EmptyTrash, image_trash)
    prune_images = Factory(PruneImages, image_trash, cache, clock)
    limit_storage = Singleton(LimitStorage, image_trash, cache, clock)
    expire_uploads = Factory(
        ExpireUploads,
        image_library,
        upload_repository,
        clock,
        days=settings.provided.uploads_max_age,
    )
    get_job = Factory(GetJob, job_runner, job_repository, conversation_repository)
    view_image = Factory(ViewImage, image_library, rendition_service, view_cache)
    read_image_chunk = Factory(ReadImageChunk, view_image)
    describe_image = Factory(DescribeImage, job_repository, upload_repository, image_library)
    get_recipe = Factory(GetRecipe, job_repository, image_library, list_models)
    suggest_images = Factory(SuggestImages, job_repository)
    preview_images = Factory(PreviewImages, rendition_service)
    save_previews = Factory(SavePreviews, image_store)
    expect_duration = Factory(ExpectDuration, job_repository, clock)
    follow_job = Factory(FollowJob, job_runner, conversation_repository)
    drain_jobs = Factory(DrainJobs, job_runner)
    recover_jobs = Factory(RecoverJobs, job_repository, image_store, clock)
    resume_jobs = Factory(ResumeJobs, job_repository, job_service.provider)
    list_presets = Factory(ListPresets, presets)
    list_styles = Factory(ListStyles, presets)
    expand_preset = Factory(ExpandPreset, presets)
    confirm_spending = Factory(ConfirmSpending, cost_estimates, settings.provided.confirm_above_usd)
    check_readiness = Factory(
        CheckReadiness, job_runner, image_store, job_repository, cache, list_models
    )
    clear_cache = Factory(ClearCache, cache)
    cache_stats = Factory(CacheStats, cache)
    analyze_usage = Factory(AnalyzeUsage, usage_ledger, clock)
    report_usage = Factory(ReportUsage, usage_ledger, settings.provided.limits, clock)


def build_container(settings: Settings, **parts: Unpack[Parts]) -> Container:
    """A container for these settings; `parts` replace its own parts of the same names."""
    replaced = {name: Object(part) for name, part in parts.items()}
    return Container(settings=Object(settings), **replaced)
