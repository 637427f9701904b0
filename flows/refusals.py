"""What is the caller's mistake and not ours: errors that end a command with status 2 and one line."""


def refusals() -> tuple[type[Exception], ...]:
    """The errors that say what was wrong with arguments, configuration or input; imported only once one was raised."""
    from features.landing_files import LandingError
    from flows.adapter import AdapterError
    from flows.config import ConfigError
    from flows.moments import MomentError
    from flows.promote import ServiceError
    from flows.registry import NoPredictorError, NoRunError
    from flows.site import SiteError
    from flows.ui import PageError
    from models.ablation import TooLittleTimeError
    from models.comparison import NothingSharedError
    from models.truth import TruthError
    from models.tuning import NoRoomError
    from stocking.incoming.archive import WorkbookError
    from stocking.planning.limits import InfeasibleError

    return (
        AdapterError,
        ConfigError,
        InfeasibleError,
        LandingError,
        MomentError,
        NoPredictorError,
        NoRoomError,
        NoRunError,
        NothingSharedError,
        PageError,
        ServiceError,
        SiteError,
        TooLittleTimeError,
        TruthError,
        WorkbookError,
    )
