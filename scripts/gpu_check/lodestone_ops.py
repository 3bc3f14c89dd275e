"""The ops of liblodestone.so (native/include/lodestone/ops.h) on PyTorch's tensors, without a copy."""

import ctypes
from ctypes import c_char_p, c_double, c_int32, c_int64, c_void_p

POINTER, REAL, FLOAT, INT = c_void_p, 0, 1, 2


class View(ctypes.Structure):
    _fields_ = [("buffer", POINTER), ("offset", c_int64)]


def struct(name, *fields):
    return type(name, (ctypes.Structure,), {"_fields_": list(fields)})


def sizes(text):
    return [(name, c_int64) for name in text.split()]


def views(text):
    return [(name, View) for name in text.split()]


def numbers(text):
    return [(name, c_double) for name in text.split()]


Shape = struct("Shape", *sizes("tokens heads kv_heads head_dim documents"), ("starts", POINTER), ("window", c_int64), ("scale", c_double))
Attention = struct("Attention", ("shape", Shape), *views("q k v"), *sizes("q_stride kv_stride"))
AttentionForward = struct("AttentionForward", ("inputs", Attention), *views("o lse"), ("spans", c_int64), ("span_begin", POINTER),
                          ("span_end", POINTER), *views("argmax max_prob span_mass"))
AttentionBackward = struct("AttentionBackward", ("inputs", Attention), *views("o lse d_o d_q d_k d_v"), ("atomics", c_int32))
RmsNormForward = struct("RmsNormForward", *sizes("rows width"), ("eps", c_double), *views("x weight y rstd"))
RmsNormBackward = struct("RmsNormBackward", *sizes("rows width"), *views("x weight rstd d_y d_x d_weight"))
SwigluForward = struct("SwigluForward", *sizes("rows width"), *views("gate_up y"))
LinearCrossEntropy = struct("LinearCrossEntropy", *sizes("rows width vocabulary"), *views("x weight"), ("label", POINTER), ("row_weight", POINTER),
                            ("denominator", c_double), *views("d_x d_weight"))
AdamW = struct("AdamW", ("count", c_int64), *views("weight master m v gradient"), *numbers("learning_rate beta1 beta2 eps decay clip"),
               ("step", c_int64))


class Engine:
    """An open engine; the tensors it is given must live as long as it does."""

    def __init__(self, path, device):
        self.library = ctypes.CDLL(path)
        for name in ("ls_last_error", "ls_engine_describe"):
            getattr(self.library, name).restype = c_char_p
        self.library.ls_engine_stream.restype = POINTER
        self.handle = POINTER()
        self.check(self.library.ls_engine_open(device.encode(), 0, ctypes.byref(self.handle)))
        self.buffers = []

    def check(self, status):
        if status:
            raise RuntimeError(self.library.ls_last_error().decode())

    def stream(self):
        return self.library.ls_engine_stream(self.handle)

    def synchronize(self):
        self.check(self.library.ls_engine_synchronize(self.handle))

    def view(self, tensor):
        """A contiguous tensor: bf16 are reals, float32 floats, int32 ints."""
        element = {"torch.bfloat16": REAL, "torch.float32": FLOAT, "torch.int32": INT}[str(tensor.dtype)]
        assert tensor.is_contiguous()
        buffer = POINTER()
        self.check(self.library.ls_buffer_wrap(self.handle, element, c_void_p(tensor.data_ptr()), c_int64(tensor.numel()), ctypes.byref(buffer)))
        self.buffers.append(buffer)
        return View(buffer, 0)

    def close_buffers(self):
        for buffer in self.buffers:
            self.library.ls_buffer_close(buffer)
        self.buffers = []

    def run(self, op, args, *results):
        self.check(getattr(self.library, "ls_op_" + op)(self.handle, ctypes.byref(args), *results))


def ints(values):
    return (c_int32 * len(values))(*values)


def longs(values):
    return (c_int64 * len(values))(*values)


def address(array):
    """Of an array made by ints or longs, which must stay alive as long as the address is used."""
    return ctypes.addressof(array)


reference = ctypes.byref
