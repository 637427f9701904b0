"""What is the caller's mistake and not ours: errors that end a command with status 2 and one line."""

from importlib import import_module

REFUSALS = {
    "features.landing_files": ("LandingError",),
    "flows.adapter": ("AdapterError",),
    "flows.config": ("ConfigError",),
    "flows.forget": ("ViewerError", "WatchedError"),
    "flows.moments": ("MomentError",),
    "flows.places": ("PlaceError",),
    "flows.promote": ("ServiceError",),
    "flows.registry": ("NoPredictorError", "NoRunError"),
    "flows.servers.server": ("PageError",),
    "flows.site": ("SiteError",),
    "flows.spread": ("SchedulerError",),
    "flows.telling.message": ("CutError",),
    "flows.telling.signing": ("SecretError",),
    "flows.underway.cuts": ("AudienceError",),
    "flows.underway.planned": ("NoSessionError",),
    "flows.watching.postgres": ("DatabaseError",),
    "flows.watching.tick": ("JournalError",),
    "flows.widening": ("LakeOutdatedError",),
    "models.ablation": ("TooLittleTimeError",),
    "models.comparison": ("NothingSharedError",),
    "models.truth": ("TruthError",),
    "models.tuning": ("NoRoomError",),
    "stocking.incoming.archive": ("WorkbookError",),
    "stocking.planning.limits": ("InfeasibleError",),
}
"""Their names, by module."""


def refusals() -> tuple[type[Exception], ...]:
    """The errors that say what was wrong with arguments, configuration or input; imported only once one was raised."""
    return tuple(getattr(import_module(module), name) for module, names in REFUSALS.items() for name in names)
