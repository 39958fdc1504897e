"""What an answer shares with everything else that runs: seen, and put back, whatever the answer does.

Also what would end the process or never come back: exits become exceptions, and a clock stops what runs on and on.
"""

import ctypes
import dataclasses
import logging
import os
import random
import signal
import sys
import threading
import time
import warnings
from contextlib import contextmanager, suppress

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

SEED = 2_718_281_828  # before each call; no answer sets just this one
CPU_SECONDS = 60  # of computing; so much, since a slow machine must reject nobody
STILL_SECONDS = 180  # without computing: it waits for something that does not come
CLOCK = "the clock of the check"
PRINT = torch._tensor_str.PRINT_OPTS


GENERATOR = torch.default_generator  # kept here, as a cell may exchange torch's


class TooLong(BaseException):
    """Raised inside an answer that runs on and on."""


def seed(number=SEED):
    """Seeds what chance on the CPU comes from. `torch.manual_seed` does the same and, for each kind of GPU that is not
    there, writes down by which calls it was reached: that takes longer than most answers.
    """
    GENERATOR.manual_seed(number)


@contextmanager
def drawn_by(number=SEED):
    """Inside, chance on the CPU begins with this seed; afterwards it goes on as if nothing had been drawn."""
    with torch.random.fork_rng(devices=[]):
        seed(number)
        yield


# settings -------------------------------------------------------------------------------------------------------------


def _device():
    context = getattr(torch._GLOBAL_DEVICE_CONTEXT, "device_context", None)
    return None if context is None else str(context.device)


def _set_inference(on):
    torch._C._InferenceMode(on).__enter__()


def set_filters(filters):
    warnings.filters[:] = filters
    warnings._filters_mutated()


def _set_environment(variables):
    os.environ.clear()
    os.environ.update(variables)


def _set_print(options):
    for name, value in options.items():
        setattr(PRINT, name, value)


def _handlers():
    loggers = [logging.root, *(each for each in logging.root.manager.loggerDict.values() if hasattr(each, "handlers"))]
    return {logger: (list(logger.handlers), logger.level) for logger in loggers}


def _set_handlers(handlers):
    for logger in _handlers():
        kept, level = handlers.get(logger, ([], logging.NOTSET))
        logger.handlers[:] = kept
        logger.setLevel(level)


def _modes():
    return torch._C._len_torch_function_stack()


def _leave_modes(n):
    while _modes() > n:
        torch._C._pop_torch_function_stack()


def _autocast():
    torch.autocast_increment_nesting()
    nesting = torch.autocast_decrement_nesting()  # how many contexts were entered: it can be read in this way only
    return torch.is_autocast_enabled("cpu"), torch.get_autocast_dtype("cpu"), torch.is_autocast_cache_enabled(), nesting


def _set_autocast(on, dtype, cached, nesting):
    torch.set_autocast_enabled("cpu", on)
    torch.set_autocast_dtype("cpu", dtype)
    torch.set_autocast_cache_enabled(cached)
    torch.autocast_increment_nesting()
    while torch.autocast_decrement_nesting() > nesting:
        pass
    if nesting == 0:
        torch.clear_autocast_cache()  # it holds weights as they were: whoever trains later would train on those


# what it is called, how it is read, how it is set; without a name it is put back in silence
SETTINGS = (
    ("torch's default dtype", torch.get_default_dtype, torch.set_default_dtype),
    ("torch's default device", _device, torch.set_default_device),
    ("a context such as `relu_rule`, entered and never left,", _modes, _leave_modes),
    ("torch's gradient mode (`set_grad_enabled`)", torch.is_grad_enabled, torch._C._set_grad_enabled),
    ("torch's inference mode", torch.is_inference_mode_enabled, _set_inference),
    (
        "torch's anomaly detection",
        lambda: (torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()),
        lambda flags: torch.autograd.set_detect_anomaly(*flags),
    ),
    (
        "torch's choice of deterministic algorithms",
        lambda: (torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()),
        lambda flags: torch.use_deterministic_algorithms(flags[0], warn_only=flags[1]),
    ),
    ("torch's autocast", _autocast, lambda state: _set_autocast(*state)),
    ("torch's number of threads", torch.get_num_threads, torch.set_num_threads),
    ("torch's print options", lambda: dataclasses.asdict(PRINT), _set_print),
    ("NumPy's print options", np.get_printoptions, lambda options: np.set_printoptions(**options)),
    ("the environment (`os.environ`)", lambda: dict(os.environ), _set_environment),
    ("the list of warning filters", lambda: list(warnings.filters), set_filters),
    ("the working directory", os.getcwd, os.chdir),
    (None, np.geterr, lambda how: np.seterr(**how)),
    (None, sys.getrecursionlimit, sys.setrecursionlimit),
    (None, torch.get_float32_matmul_precision, torch.set_float32_matmul_precision),
    (None, lambda: torch.backends.cudnn.benchmark, lambda on: setattr(torch.backends.cudnn, "benchmark", on)),
    (None, lambda: torch.backends.cudnn.deterministic, lambda on: setattr(torch.backends.cudnn, "deterministic", on)),
    (None, _handlers, _set_handlers),
)
BROUGHT_BY_IMPORTS = {"the environment (`os.environ`)", "the list of warning filters"}


def settings():
    """How everything is set, and which modules and threads there are."""
    return [read() for _, read, _ in SETTINGS], set(sys.modules), set(threading.enumerate()), (sys.stdout, sys.stderr)


def put_back(before):
    """Sets everything as it was, and says what was not."""
    values, modules, threads, streams = before
    changed = []
    for (name, read, write), value in zip(SETTINGS, values, strict=True):
        if _unlike(read(), value):
            write(value)
            if name and not (name in BROUGHT_BY_IMPORTS and set(sys.modules) - modules):
                changed.append(f"{name} came back changed")
    if (sys.stdout, sys.stderr) != streams:
        sys.stdout, sys.stderr = streams
        changed.append("`sys.stdout` or `sys.stderr` came back changed")
    if _still_running(threads):
        changed.append("a thread that your function started runs on")
    return changed


def _unlike(now, value):
    try:
        return bool(now != value)
    except Exception:  # whatever was put there
        return True


def _still_running(before):
    """Whether threads have been started that do not end; those that can be ended are."""
    new = set(threading.enumerate()) - before
    running = [thread for thread in new if thread.name != CLOCK and type(thread).__module__ != "tqdm._monitor"]
    if not running:
        return False
    ends = time.monotonic() + 0.3
    for thread in running:
        thread.join(max(0.0, ends - time.monotonic()))
    running = [thread for thread in running if thread.is_alive()]
    for thread in running:
        _raise_in(thread.ident, SystemExit)
    return bool(running)


# functions of others --------------------------------------------------------------------------------------------------


def _owners():
    """Modules and classes whose functions an answer may call and must not exchange."""
    layers = [kind for kind in vars(nn).values() if isinstance(kind, type)]
    ours = [module for name, module in list(sys.modules.items()) if name.split(".")[0] == "utils" and module]
    return [torch, torch.Tensor, torch.autograd, torch.random, nn, F, *layers, np, np.random, os, random, time, *ours]


def functions():
    """Every name in those modules and classes, with what it stands for."""
    return [(owner, dict(vars(owner))) for owner in _owners()]


def _wrapped_by_torch(now, value):
    """Whether torch itself has put a wrapper around its function, as it does when its compiler is first imported."""
    wrapped, around = getattr(now, "__wrapped__", None), getattr(now, "__globals__", {})
    return wrapped is value and str(around.get("__name__")).split(".")[0] == "torch"


def exchange_back(before):
    """Puts every exchanged function back, and says which were."""
    changed = []
    for owner, names in before:
        now, whole = dict(vars(owner)), getattr(owner, "__name__", "").split(".")[0] == "utils"
        for name, value in names.items():
            if now.get(name) is value or _wrapped_by_torch(now.get(name), value):
                continue
            if whole or callable(value) and (name[:1] != "_" or name[:2] == "__"):  # the rest is their inner affair
                setattr(owner, name, value)
                changed.append(f"your function exchanged `{getattr(owner, '__name__', owner)}.{name}`")
        for name in (set(now) - set(names) - {"__slotnames__"}) if isinstance(owner, type) else ():
            if callable(now[name]):  # it stands before one that is inherited
                delattr(owner, name)
                changed.append(f"your function exchanged `{owner.__name__}.{name}`")
    return changed


# a closed room --------------------------------------------------------------------------------------------------------


@contextmanager
def closed_room():
    """Inside, nothing ends the process or waits for the keyboard. Afterwards the functions of others and the random
    generators are as they were. Yields a list that says, at the end, what was exchanged or seeded.
    """
    left, process = [], os.getpid()
    exchanged = functions()
    states = torch.get_rng_state(), np.random.get_state(), random.getstate()
    inner = {
        (os, "_exit"): os._exit,
        (os, "abort"): os.abort,
        (os, "kill"): os.kill,
        (os, "killpg"): os.killpg,
        (signal, "raise_signal"): signal.raise_signal,
        (np.random, "seed"): np.random.seed,
        (random, "seed"): random.seed,
    }

    def leave(ends):
        def instead(*arguments):
            if os.getpid() != process or ends is os.kill and arguments[:1] != (process,):  # a child's own, or another's
                return ends(*arguments)
            raise SystemExit(f"{ends.__name__} was called")

        return instead

    def seeding(seed, name):
        def instead(*arguments, **keywords):
            left.append(name)
            return seed(*arguments, **keywords)

        return instead

    substitutes = {
        key: seeding(
            value, f"your function seeds {'NumPy' if key[0] is np.random else 'Python'}'s random generator anew"
        )
        if key[1] == "seed"
        else leave(value)
        for key, value in inner.items()
    }
    keyboard = _builtins()["input"]
    try:
        for (owner, name), value in substitutes.items():
            setattr(owner, name, value)
        _builtins()["input"] = _no_keyboard
        yield left
    finally:
        for (owner, name), value in inner.items():
            if vars(owner).get(name) is substitutes[owner, name]:
                setattr(owner, name, value)
        if _builtins().get("input") is _no_keyboard:
            _builtins()["input"] = keyboard
        left += exchange_back(exchanged)
        torch.set_rng_state(states[0])
        np.random.set_state(states[1])
        random.setstate(states[2])


def _builtins():
    return vars(sys.modules["builtins"])


def _no_keyboard(*_):
    raise EOFError("nobody is at the keyboard while the check runs")


# a clock --------------------------------------------------------------------------------------------------------------


def _raise_in(thread, error):
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(error))


@contextmanager
def clock():
    """Yields a context, to be entered for each call, in which TooLong is raised once so much has been computed, or so
    much time has gone by without any computing.

    It is processor time that counts: on a busy machine it does not run faster.
    """
    thread, lock, ended = threading.get_ident(), threading.Lock(), threading.Event()
    running, fired = [], []
    in_main = threading.current_thread() is threading.main_thread()

    def watch():
        while not ended.wait(min(0.2, CPU_SECONDS / 4)):
            with lock:
                if not running:
                    continue
                now, (start, moved, at) = time.process_time(), running
                if now - moved > 0.01 * STILL_SECONDS:
                    running[1:] = now, time.monotonic()
                still = time.monotonic() - at > STILL_SECONDS
                if still or now - start > CPU_SECONDS:
                    fired.append(now)
                    _raise_in(thread, TooLong)
                    if still and in_main:  # it may sleep where only a signal wakes it
                        signal.pthread_kill(thread, signal.SIGINT)

    @contextmanager
    def timed():
        now = time.process_time()
        running[:] = now, now, time.monotonic()
        fired.clear()
        try:
            yield
        except BaseException as error:  # whatever became of it on its way through the answer
            if fired and not isinstance(error, GeneratorExit):
                raise TooLong from error
            raise
        finally:
            running.clear()  # first of all, in one step
            with suppress(TooLong):  # one that is on its way arrives here
                with lock:
                    pass
                for _ in range(100):
                    pass

    threading.Thread(target=watch, name=CLOCK, daemon=True).start()
    try:
        yield timed
    finally:
        ended.set()
