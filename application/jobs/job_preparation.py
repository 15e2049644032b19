"""Turns a request into the job that would serve it, and into the one of its fallback."""

from dataclasses import dataclass, replace

from application.conversations import OpenTurn
from application.jobs.admission import Admission
from application.jobs.fallback import Fallback
from application.jobs.running_job import AnyJob
from application.ports.clock import Clock
from application.provider_registry import ProviderRegistry
from domain.errors import InvalidRequest
from domain.fingerprint import fingerprint, request_digest
from domain.jobs import IdempotencyKey, Job, new_job_id
from domain.recipes import Recipe
from domain.requests import NO_FALLBACK, ImageRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitOptions:
    """Whose request it is, and how it may be served: the arguments of GenerateImage."""

    owner: str
    client: str = ""
    fresh: bool = False
    key: str | None = None
    retried: bool = False
    admit: Admission | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A request, its options, and the request as the caller `sent` it.

    The result becomes `turn` of a conversation.
    """

    request: ImageRequest
    options: SubmitOptions
    sent: ImageRequest
    turn: OpenTurn | None = None


class JobPreparation:
    """Makes jobs. `fallback` is the model that is asked where a request names no other one."""

    def __init__(self, providers: ProviderRegistry, clock: Clock, fallback: str | None) -> None:
        self.providers = providers
        self.clock = clock
        self.fallback = fallback

    def prepare(self, submission: Submission) -> tuple[AnyJob, Fallback | None]:
        """The job that would serve the request, and what to do if its provider cannot.

        Raises InvalidRequest unless the model of the request exists and allows it.
        """
        job = self._job(submission, submission.request.model)
        fallback = self._fallback(job, submission)
        if fallback is None or fallback.job is None:
            return job, fallback
        return replace(job, fallback=fallback.job.fingerprint), fallback

    def _fallback(self, job: AnyJob, submission: Submission) -> Fallback | None:
        asked = submission.request.fallback
        name = asked or self.fallback
        if not name or name.lower() == NO_FALLBACK:
            return None
        admit = submission.options.admit
        try:
            other = self._job(submission, name)
        except InvalidRequest as error:
            if asked and error.field == "model":  # the name is wrong, whatever the first one does
                raise InvalidRequest(error.message, field="fallback", hint=error.hint) from None
            return Fallback(name=name, refusal=error.message)
        if (other.provider, other.model) == (job.provider, job.model):
            return None
        other = replace(
            other, id=job.id, created_at=job.created_at, requested_model=job.requested_model
        )
        return Fallback(name=name, job=other, admit=admit)

    def _job(self, submission: Submission, model: str | None) -> AnyJob:
        request, options, turn = submission.request, submission.options, submission.turn
        now, catalog = self.clock.now(), self.providers.catalog
        selection = catalog.choose(model, now.date())
        sized = selection.card.sized(request)
        catalog.check(sized, selection, now.date())
        provider = self.providers.named(selection.provider)
        name, endpoint = provider.name, provider.endpoint
        effective = replace(
            sized,
            model=selection.model,
            format=selection.card.format_for(request),
            deliver=None,
            fallback=None,
            context=request.context and request.context.for_provider(name),
        )
        key, sent = options.key, submission.sent
        return Job(
            id=new_job_id(),
            owner=options.owner,
            client=options.client,
            provider=name,
            request=effective,
            card=selection.card,
            requested_model=selection.requested_model,
            fingerprint=fingerprint(
                effective, provider=name, endpoint=endpoint, owner=options.owner
            ),
            created_at=now,
            recipe=Recipe.of(sent if turn is None else turn.request, effective),
            key=None if key is None else IdempotencyKey(key, request_digest(sent)),
            notes=(*selection.notes, *selection.card.size_notes(request)),
            turn=None if turn is None else turn.id,
        )
