"""How the API says no: one error, shaped for an HTTP answer or for the sideband."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """A request that is refused. `code` and `param` are the provider's words for what and where."""

    def __init__(
        self,
        message: str,
        *,
        code: str | None,
        param: str | None = None,
        status: int = 400,
        type_: str = "invalid_request_error",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.param = param
        self.status = status
        self.type = type_

    def details(self) -> dict[str, Any]:
        return {"message": self.message, "type": self.type, "param": self.param, "code": self.code}

    def body(self) -> dict[str, Any]:
        """The body of the HTTP answer."""
        return {"error": self.details()}


def call_not_found() -> ApiError:
    """No such call: never, not yet, or not any more. The API does not say which."""
    return ApiError("No call was found with this call id.", code="call_id_not_found", status=404)


def model_not_found(model: str) -> ApiError:
    return ApiError(
        f"The model `{model}` does not exist or you do not have access to it.",
        code="model_not_found",
        param="session.model",
        status=404,
    )


_FAULTS = {
    429: ("Rate limit reached for requests.", "rate_limit_exceeded", "requests"),
    503: ("The server is overloaded or not ready yet.", None, "server_error"),
}
_OTHER_FAULT = ("The server had an error while processing your request. Sorry about that!", None, "server_error")


def fault_error(status: int) -> ApiError:
    """What the API says when it fails with `status` by its own fault, or for lack of quota."""
    message, code, type_ = _FAULTS.get(status, _OTHER_FAULT)
    return ApiError(message, code=code, status=status, type_=type_)
