"""The commands. What they need is imported when they run, so that each starts quickly."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from .. import __version__
from ..settings import Settings, SettingsInvalid, load
from .places import DataFolder, FolderUnusable
from .words import plain

BAD_INPUT = 2

app = typer.Typer(
    help="AI phone calls, speech to speech, on your own machine. Without a command: serve.",
    no_args_is_help=False,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
calls_app = typer.Typer(help="List calls, newest first; `calls show ID` shows one.")
app.add_typer(calls_app, name="calls")

out = Console(soft_wrap=True, emoji=False)
err = Console(stderr=True, soft_wrap=True, emoji=False)

Data = Annotated[
    Path | None, typer.Option("--data", help="Folder with all state. Default: DATA_DIR, or ./data.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of words.")]


@contextmanager
def sentences() -> Generator[None]:
    """What is wrong is one sentence on standard error and an exit code, never a traceback."""
    from ..phone import NumberUnreadable
    from ..store.errors import StoreError
    from .client import UNREACHABLE, ApiRefused, ServerFailed, ServerLost
    from .lock import ServerRunsAlready
    from .sandbox_process import SandboxFailed
    from .serve import PortTaken

    try:
        yield
    except SettingsInvalid as error:
        for fault in error.faults:
            _complain(fault)
        raise typer.Exit(BAD_INPUT) from None
    except (
        *(FolderUnusable, PortTaken, ServerRunsAlready, ServerFailed, SandboxFailed),
        *(StoreError, NumberUnreadable),
    ) as error:
        _complain(str(error))
        raise typer.Exit(BAD_INPUT) from None
    except ServerLost as error:
        _complain(str(error))
        raise typer.Exit(1) from None
    except UNREACHABLE as error:
        _complain(f"The server did not answer: {str(error) or type(error).__name__}.")
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        _complain("Ended before it was done.")
        raise typer.Exit(1) from None
    except ApiRefused as error:
        _complain(str(error))
        raise typer.Exit(BAD_INPUT if error.status in (400, 404, 422) else 1) from None


@app.callback(invoke_without_command=True)
def main(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False,
) -> None:
    if version:
        out.print(__version__, highlight=False)
        raise typer.Exit
    if context.invoked_subcommand is None:
        serve()


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on. Default: HOST, or 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port. Default: PORT, or 3000.")] = None,
    data: Data = None,
) -> None:
    """Serve the dashboard and the API, and run calls. Without any key the sandbox runs beside it."""
    from . import serve as server
    from .logs import set_up

    with sentences():
        settings = load(host=host, port=port, data_dir=data)
        set_up(settings.log_level)
        server.run(settings, DataFolder(settings.data_dir), lambda line: out.print(line, highlight=False, markup=False))


@app.command()
def call(
    number: Annotated[str, typer.Argument(help="Number to ring, like +12025550100.")],
    agent: Annotated[str, typer.Option(help="Id or name of the agent that talks.")] = "demo",
    country: Annotated[str | None, typer.Option(help="Two-letter country of a national number.")] = None,
    variable: Annotated[
        list[str] | None, typer.Option("--var", help="name=value for the agent's {{variables}}; may be repeated.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Show the talk as it happens.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Say nothing until the call has ended.")] = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Place a call. Exit code 0: answered and completed; 1: not; 2: bad input.

    Uses the running server of this data folder, or starts one for the length of the call.
    """
    from . import calling
    from .client import server_for
    from .signals import as_interrupts, held_back
    from .talk import Printer, summary

    with sentences(), as_interrupts():
        settings = _settings(data)
        values = _variables(variable or [])
        with server_for(DataFolder(settings.data_dir)) as (api, ours):
            call: dict[str, Any] | None = None
            try:
                with held_back():
                    call = calling.place(api, number, agent, country, values)
                if call["status"] != "ended":
                    console = err if as_json else out
                    printer = None if wait and not follow else Printer(console, call["id"], words=follow)
                    call = calling.watch(api, call["id"], printer)
                if follow or wait or as_json or ours:
                    call = calling.with_recording(api, call)
            except KeyboardInterrupt:
                if call is not None and calling.hang_up(api, call["id"]):
                    _complain("Hung up.")
                elif call is not None:
                    _complain(f"The call could not be ended at once: see `aivoicecaller calls show {call['id']}`.")
                raise typer.Exit(1) from None
            if as_json:
                typer.echo(json.dumps(calling.document(call, api.url), indent=2))
            else:
                out.print(summary(call), highlight=False, markup=False)
            if ours:
                calling.let_others_end(api, _complain)
    raise typer.Exit(calling.exit_code(call))


@calls_app.callback(invoke_without_command=True)
def list_calls(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 20,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """List calls, newest first."""
    if context.invoked_subcommand is not None:
        return
    from .history import print_calls

    with sentences():
        print_calls(_settings(data), limit, as_json, out)


@calls_app.command("show")
def show_call(
    call_id: Annotated[str, typer.Argument(help="Id of the call.")], as_json: AsJson = False, data: Data = None
) -> None:
    """Show one call: how it ended, what was said, which tools were called."""
    from .history import print_call

    with sentences():
        if not print_call(_settings(data), call_id, as_json, out):
            _complain(f"There is no call {call_id}. `aivoicecaller calls` lists them.")
            raise typer.Exit(BAD_INPUT)


@app.command()
def tail(call_id: Annotated[str, typer.Argument(help="Id of the call.")], data: Data = None) -> None:
    """Follow a live call as it happens."""
    from . import calling
    from .client import Api, find_server
    from .talk import Printer, summary

    with sentences():
        folder = DataFolder(_settings(data).data_dir)
        server = find_server(folder)
        if server is None:
            _complain("No server runs on this data folder. Start one with `aivoicecaller serve`.")
            raise typer.Exit(BAD_INPUT)
        with Api(folder, server) as api:
            call = calling.watch(api, call_id, Printer(out, call_id, words=True))
            out.print(summary(call), highlight=False, markup=False)


@app.command()
def doctor(as_json: AsJson = False, data: Data = None) -> None:
    """Say what is configured, what answers, and what to do about the rest. Exit code 0: a call can be placed."""
    from .doctor import examine, print_findings

    with sentences():
        settings = _settings(data)
        findings = examine(settings, DataFolder(settings.data_dir))
        print_findings(findings, as_json, out)
    raise typer.Exit(0 if all(finding.well for finding in findings) else 1)


@app.command()
def sandbox(as_json: AsJson = False, data: Data = None) -> None:
    """Show the running sandbox: the people one can call, and its live calls."""
    from .history import print_sandbox

    with sentences():
        if not print_sandbox(DataFolder(_settings(data).data_dir), as_json, out):
            _complain("No sandbox runs on this data folder. `aivoicecaller serve` starts one when no key is set.")
            raise typer.Exit(BAD_INPUT)


def _settings(data: Path | None) -> Settings:
    return load(data_dir=data)


def _variables(given: list[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for entry in given:
        name, separator, value = entry.partition("=")
        if not separator or not name:
            _complain(f"“{entry}” is not name=value.")
            raise typer.Exit(BAD_INPUT)
        values[name] = value
    return values


def _complain(sentence: str) -> Any:
    err.print(plain(sentence), style="red", highlight=False, markup=False)
