"""What Prefect's pages call a run."""

from datetime import datetime


def run_name() -> str:
    """The flow, and the moment in UTC that was asked for, else the one for which the run was scheduled."""
    from prefect import runtime

    parameters = runtime.flow_run.parameters
    asked = [parameters, *(vars(one) for one in parameters.values() if hasattr(one, "as_of"))]
    named = next((one[name] for one in asked for name in ("as_of", "at") if isinstance(one.get(name), datetime)), None)
    moment = named or runtime.flow_run.scheduled_start_time
    return f"{runtime.flow_run.flow_name} {moment:%Y-%m-%d %H:%M}"
