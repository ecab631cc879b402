"""The functions of a template, each in a process of its own with the environment that SAM resolves for it."""
# SAM CLI carries no types.
# mypy: disable-error-code="import-untyped"

from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock
from types import MappingProxyType, TracebackType
from typing import Self

from samcli.commands.local.lib.local_lambda import LocalLambdaRunner
from samcli.lib.providers.provider import Stack
from samcli.lib.providers.sam_function_provider import SamFunctionProvider

from local.lambda_process import LambdaProcess, print_to_stderr


class Functions:
    """The functions of a template that lies in ``folder``, by logical id. Use it as a context manager, or close it.

    ``layer`` is the ``python/`` of all functions' layer; ``further`` has those of others by their logical ids, for the
    functions that name them. ``variables`` set those that the template declares, as ``sam local
    --env-vars`` does. Otherwise a declared variable takes its value from this process's environment, if it is there.
    """

    def __init__(
        self,
        stacks: list[Stack],
        folder: Path,
        layer: Path | None,
        *,
        further: Mapping[str, Path] = MappingProxyType({}),
        variables: Mapping[str, str] | None = None,
        log: Callable[[str], object] = print_to_stderr,
    ) -> None:
        self._provider = SamFunctionProvider(stacks, ignore_code_extraction_warnings=True)
        self._runner = LocalLambdaRunner(
            None,
            self._provider,
            cwd=str(folder),
            real_path=str(folder),
            env_vars_values={"Parameters": dict(variables)} if variables else None,
        )
        self._layers = [layer] if layer else []
        self._further = further
        self._log = log
        self._processes: dict[str, LambdaProcess] = {}
        self._one_at_a_time = Lock()

    def __getitem__(self, name: str) -> LambdaProcess:
        """Return a function's process, which starts when it is first invoked. Raises KeyError."""
        with self._one_at_a_time:
            if name not in self._processes:
                self._processes[name] = self._process(name)
            return self._processes[name]

    def _process(self, name: str) -> LambdaProcess:
        function = self._provider.get(name)
        if function is None:
            raise KeyError(name)
        config = self._runner.get_invoke_config(function)
        further = (self._further[each.name] for each in function.layers if each.name in self._further)
        folders = [Path(config.code_abs_path), *self._layers, *further]
        return LambdaProcess(config.handler, folders, config.env_vars.resolve(), log=self._log)

    def close(self) -> None:
        """End all processes."""
        for process in self._processes.values():
            process.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
