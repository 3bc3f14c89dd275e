"""Lodestone's ops beside PyTorch's, in one process, on one stream, on the same tensors.

Every row is one of PyTorch's ways to do what an op of ours does. All contestants of an op take turns, a round each; a ratio is taken in every
round and the median of the ratios shown: PyTorch's time divided by ours, above 1 where ours is faster. Before every run the L2 cache is flushed.
Errors are relative, |result - reference| / |reference| in the Euclidean norm, with the reference in float32 from the same bf16 inputs (not for
shapes that are too large for it). Ours includes its calls' checks and the upload of what steers an op; cross-entropy and AdamW also the wait for
the number they return, AdamW the norm of the gradient and the rounding to bf16 weights, which PyTorch's do not do.

usage: peer_torch.py --library liblodestone.so [--json FILE] [--seconds S] [--op TEXT] [--device cuda | --device simt]
Device simt, tiny shapes on the CPU, tries the program itself: its times mean nothing. Exit status: 77 where PyTorch or its CUDA is missing.
"""

import argparse
import json
import statistics
import sys
import time

import lodestone_ops as ls

try:
    import torch
    import torch.nn.functional as F
    from torch.nn.attention import SDPBackend, sdpa_kernel
except ImportError as e:
    print(f"PyTorch is not installed here: {e}")
    sys.exit(77)


class Bench:
    def __init__(self, options):
        self.tiny = options.device != "cuda"
        self.options = options
        self.device = "cpu" if self.tiny else "cuda"
        self.engine = ls.Engine(options.library, options.device)
        self.generator = torch.Generator(self.device).manual_seed(1)
        self.flushed = torch.empty(1 if self.tiny else 256 << 20, dtype=torch.int8, device=self.device)
        self.file = open(options.json, "w") if options.json else None
        print(f"{'op':26} {'shape':44} {'PyTorch':34} {'us':>10} {'ours us':>10} {'ratio':>7} {'error':>9} {'ours':>9}")

    def normal(self, *shape, dtype=torch.bfloat16, deviation=1.0):
        return (torch.randn(*shape, device=self.device, generator=self.generator) * deviation).to(dtype)

    def empty(self, *shape, dtype=torch.bfloat16):
        """For results: NaN, which an element that nobody writes would keep."""
        return torch.full(shape, float("nan"), device=self.device, dtype=dtype)

    def times(self, run, repeats):
        """Median seconds of `repeats` runs."""
        if self.tiny:
            begin = time.perf_counter()
            for _ in range(repeats):
                run()
            return (time.perf_counter() - begin) / repeats
        events = [[torch.cuda.Event(enable_timing=True) for _ in range(2)] for _ in range(repeats)]
        for begin, end in events:
            self.flushed.zero_()  # which also gives the host the time to send the run before the GPU comes to it
            begin.record()
            run()
            end.record()
        torch.cuda.synchronize()
        return statistics.median(begin.elapsed_time(end) for begin, end in events) / 1e3

    def compare(self, op, shape, ours, peers, result=None, reference=None, adapt=lambda value: value):
        """ours: a run; peers: {name: run}. result, reference: functions; adapt makes of what a peer returns what reference returns."""
        if self.options.op and self.options.op not in op:
            return
        runs, errors, results = {"": ours}, {}, {}
        for name, run in peers.items():
            try:
                results[name] = run()
                runs[name] = run
            except RuntimeError as e:
                self.left_out(op, shape, name, e)
        ours()
        if reference:
            expected = reference()
            errors = {name: error(adapt(value), expected) for name, value in results.items()}
            errors[""] = error(result(), expected)
            if not errors[""] < 0.05:
                raise SystemExit(f"{op} {shape}: our result is wrong, its relative error is {errors['']}")
            del expected
        results.clear()
        longest = max(self.times(run, 2) for run in runs.values())
        repeats = max(1, min(20, int(self.options.seconds / 10 / longest)))
        seconds = {name: [] for name in runs}
        begin = time.perf_counter()
        while len(seconds[""]) < 3 or (len(seconds[""]) < 25 and time.perf_counter() - begin < self.options.seconds * len(runs)):
            for name, run in runs.items():
                seconds[name].append(self.times(run, repeats))
        for name in runs:
            if name:
                self.row(op, shape, name, seconds[name], seconds[""], errors.get(name), errors.get(""))

    def left_out(self, op, shape, name, why):
        print(f"{op:26} {shape:44} {name:34} left out: {str(why).splitlines()[0][:120]}", flush=True)

    def row(self, op, shape, name, theirs, ours, their_error, our_error):
        ratio = statistics.median(t / o for t, o in zip(theirs, ours))
        show = lambda e: "-" if e is None else f"{e:.1e}"
        print(f"{op:26} {shape:44} {name:34} {statistics.median(theirs) * 1e6:10.1f} {statistics.median(ours) * 1e6:10.1f} {ratio:7.3f} "
              f"{show(their_error):>9} {show(our_error):>9}", flush=True)
        if self.file:
            json.dump({"op": op, "shape": shape, "peer": name, "peer_seconds": statistics.median(theirs), "seconds": statistics.median(ours),
                       "ratio": ratio, "peer_error": their_error, "error": our_error, "rounds": len(ours), "torch": torch.__version__,
                       "device": self.options.device, "gpu": "tiny shapes on the CPU" if self.tiny else torch.cuda.get_device_name()}, self.file)
            self.file.write("\n")
            self.file.flush()


def error(values, expected):
    """Of a tensor, or the largest of several."""
    if isinstance(values, torch.Tensor):
        values, expected = [values], [expected]
    return max(((v.float() - e).norm() / e.norm()).item() for v, e in zip(values, expected))


# ---- attention

BACKENDS = {"SDPA cuDNN": [SDPBackend.CUDNN_ATTENTION], "SDPA flash": [SDPBackend.FLASH_ATTENTION]}


def sdpa(q, k, v, backend, repeat=False):
    """On (documents, heads, tokens, head_dim), grouped heads by the kernel or by repeating keys and values for it."""
    group = q.shape[1] // k.shape[1]
    if repeat:
        k, v = k.repeat_interleave(group, 1), v.repeat_interleave(group, 1)
    with sdpa_kernel(backend):
        return F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=group > 1 and not repeat)


def usable_backends(bench, shape, q, k, v):
    """{name: (backend, repeat)}: those that run on these tensors."""
    usable = {}
    for name, backend in ({"SDPA": [SDPBackend.MATH]} if bench.tiny else BACKENDS).items():
        why = None
        for repeat in (False, True):
            try:
                sdpa(q, k, v, backend, repeat)
                usable[name + (", kv heads repeated" if repeat else "")] = backend, repeat
                break
            except RuntimeError as e:
                why = e
        else:
            bench.left_out("attention", shape, name, why)
    return usable


def attention(bench, documents, length, heads, kv_heads, dim):
    tokens, engine = documents * length, bench.engine
    shape = f"documents={documents} tokens={length} heads={heads}/{kv_heads} head_dim={dim}"
    q, d_o = bench.normal(tokens, heads, dim), bench.normal(tokens, heads, dim)
    k, v = bench.normal(tokens, kv_heads, dim), bench.normal(tokens, kv_heads, dim)
    o, lse = bench.empty(tokens, heads, dim), bench.empty(heads, tokens, dtype=torch.float32)
    gradients = [bench.empty(tokens, n, dim) for n in (heads, kv_heads, kv_heads)]
    max_prob, argmax = bench.empty(heads, tokens, dtype=torch.float32), torch.zeros(heads, tokens, device=bench.device, dtype=torch.int32)
    starts = ls.longs([i * length for i in range(documents + 1)])
    form = ls.Shape(tokens, heads, kv_heads, dim, documents, ls.address(starts), 0, 0.0)
    inputs = ls.Attention(form, engine.view(q), engine.view(k), engine.view(v), 0, 0)
    forward = ls.AttentionForward(inputs=inputs, o=engine.view(o), lse=engine.view(lse))
    with_statistics = ls.AttentionForward(inputs=inputs, o=engine.view(o), lse=engine.view(lse), argmax=engine.view(argmax),
                                          max_prob=engine.view(max_prob))
    # The same memory as PyTorch wants it.
    as_batch = lambda t: t.view(documents, length, -1, dim).transpose(1, 2)
    as_tokens = lambda t: t.transpose(1, 2).reshape(tokens, -1, dim)
    leaves = [t.detach().requires_grad_() for t in (q, k, v)]
    batches = [as_batch(t) for t in (q, k, v)]
    backends = usable_backends(bench, shape, *batches)
    peers = {name: (lambda how=how: sdpa(*batches, *how)) for name, how in backends.items()}

    def reference(backward):
        wide = [t.detach().float().requires_grad_(backward) for t in (q, k, v)]
        grouped = [as_batch(wide[0])] + [as_batch(t).repeat_interleave(heads // kv_heads, 1) for t in wide[1:]]
        with sdpa_kernel([SDPBackend.MATH]):
            out = as_tokens(F.scaled_dot_product_attention(*grouped, is_causal=True))
        return torch.autograd.grad(out, wide, d_o.float()) if backward else out

    small = documents * heads * length * length * 4 < 3 << 30
    bench.compare("attention_forward", shape, lambda: engine.run("attention_forward", forward), peers, lambda: o,
                  (lambda: reference(False)) if small else None, as_tokens)
    bench.compare("attention_forward_stats", shape, lambda: engine.run("attention_forward", with_statistics),
                  {"ours, without statistics": lambda: engine.run("attention_forward", forward)})

    engine.run("attention_forward", forward)
    d_out, graphs = as_batch(d_o), {}
    for name, how in backends.items():
        try:
            graphs[name] = sdpa(*[as_batch(t) for t in leaves], *how)
        except RuntimeError as e:
            bench.left_out("attention_backward", shape, name, e)
    for atomics in (0, 1):
        backward = ls.AttentionBackward(inputs, engine.view(o), engine.view(lse), engine.view(d_o), *[engine.view(t) for t in gradients], atomics)
        bench.compare("attention_backward" + ("_atomics" if atomics else ""), shape, lambda: engine.run("attention_backward", backward),
                      {name: (lambda out=out: torch.autograd.grad(out, leaves, d_out, retain_graph=True)) for name, out in graphs.items()},
                      lambda: gradients, (lambda: reference(True)) if small else None)


# ---- the other ops


def rmsnorm(bench, rows, width):
    engine, shape = bench.engine, f"rows={rows} width={width}"
    x, weight, d_y = bench.normal(rows, width), bench.normal(width), bench.normal(rows, width)
    y, rstd = bench.empty(rows, width), bench.empty(rows, dtype=torch.float32)
    d_x, d_weight = torch.zeros_like(x), torch.zeros(width, device=bench.device)
    forward = ls.RmsNormForward(rows, width, 1e-5, engine.view(x), engine.view(weight), engine.view(y), engine.view(rstd))
    backward = ls.RmsNormBackward(rows, width, *[engine.view(t) for t in (x, weight, rstd, d_y, d_x, d_weight)])
    norm = lambda a, b: F.rms_norm(a, (width,), b, 1e-5)
    bench.compare("rmsnorm_forward", shape, lambda: engine.run("rmsnorm_forward", forward), {"rms_norm": lambda: norm(x, weight)}, lambda: y,
                  lambda: norm(x.float(), weight.float()))
    engine.run("rmsnorm_forward", forward)
    leaves = [x.detach().requires_grad_(), weight.detach().requires_grad_()]
    out = norm(*leaves)

    def once():  # it adds to d_x and d_weight, of which every run has more
        d_x.zero_(), d_weight.zero_()
        engine.run("rmsnorm_backward", backward)
        return [d_x, d_weight]

    def reference():
        wide = [t.detach().float().requires_grad_() for t in leaves]
        return torch.autograd.grad(norm(*wide), wide, d_y.float())

    bench.compare("rmsnorm_backward", shape, lambda: engine.run("rmsnorm_backward", backward),
                  {"rms_norm": lambda: torch.autograd.grad(out, leaves, d_y, retain_graph=True)}, once, reference)


def swiglu(bench, rows, width):
    engine, gate_up, y = bench.engine, bench.normal(rows, 2 * width), bench.empty(rows, width)
    forward = ls.SwigluForward(rows, width, engine.view(gate_up), engine.view(y))
    peer = lambda t: F.silu(t[:, :width]) * t[:, width:]
    bench.compare("swiglu_forward", f"rows={rows} width={width}", lambda: engine.run("swiglu_forward", forward),
                  {"silu(gate) * up": lambda: peer(gate_up)}, lambda: y, lambda: peer(gate_up.float()))


def cross_entropy(bench, rows, width, vocabulary):
    engine, shape = bench.engine, f"rows={rows} width={width} vocabulary={vocabulary}"
    x, weight = bench.normal(rows, width), bench.normal(vocabulary, width, deviation=0.02)
    d_x, d_weight = bench.empty(rows, width), torch.zeros(vocabulary, width, device=bench.device)
    label = torch.randint(vocabulary, (rows,), device=bench.device, generator=bench.generator)
    labels, loss = ls.ints(label.tolist()), ls.c_double()
    args = ls.LinearCrossEntropy(rows, width, vocabulary, engine.view(x), engine.view(weight), ls.address(labels), None, 0.0, engine.view(d_x),
                                 engine.view(d_weight))
    run = lambda: engine.run("linear_cross_entropy", args, ls.reference(loss))

    def peer(a, b):
        leaves = [a.detach().requires_grad_(), b.detach().requires_grad_()]
        return torch.autograd.grad(F.cross_entropy(F.linear(*leaves), label), leaves)

    def once():
        d_weight.zero_()
        run()
        return [d_x, d_weight]

    small = rows * vocabulary * 12 < 8 << 30
    bench.compare("linear_cross_entropy", shape, run, {"linear, cross_entropy": lambda: peer(x, weight)}, once,
                  (lambda: peer(x.float(), weight.float())) if small else None)


def adamw(bench, count):
    engine = bench.engine
    weight, start, gradient = bench.empty(count), bench.normal(count, dtype=torch.float32), bench.normal(count, dtype=torch.float32)
    master, m, v = start.clone(), torch.zeros_like(start), torch.zeros_like(start)
    args = ls.AdamW(count, *[engine.view(t) for t in (weight, master, m, v, gradient)], 1e-3, 0.9, 0.95, 1e-8, 0.1, 0.0, 0)
    norm, parameter = ls.c_double(), torch.nn.Parameter(start.clone())
    parameter.grad = gradient
    optimizer = torch.optim.AdamW([parameter], lr=1e-3, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1, fused=True)

    def ours():
        args.step += 1
        engine.run("adamw", args, ls.reference(norm))

    def theirs():
        optimizer.step()
        return parameter.detach()

    # The first step of each, from the same weights: PyTorch's own is the reference.
    bench.compare("adamw", f"count={count}", ours, {"AdamW fused": theirs}, lambda: master, lambda: parameter.detach().clone())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--library", required=True)
    parser.add_argument("--device", choices=["cuda", "simt"], default="cuda")
    parser.add_argument("--json")
    parser.add_argument("--op")
    parser.add_argument("--seconds", type=float, default=0.3)
    options = parser.parse_args()
    if options.device == "cuda" and not torch.cuda.is_available():
        print(f"PyTorch {torch.__version__} finds no CUDA device")
        sys.exit(77)
    bench = Bench(options)
    if bench.tiny:
        plan = [(attention, (2, 64, 4, 2, 16)), (rmsnorm, (16, 64)), (swiglu, (16, 64)), (cross_entropy, (16, 32, 100)), (adamw, (5000,))]
    else:
        torch.backends.cuda.matmul.allow_tf32 = False
        print(f"PyTorch {torch.__version__}, CUDA {torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}, {torch.cuda.get_device_name()}")
        plan = [(attention, (1, 2048, 32, 8, 128)), (attention, (16, 2048, 32, 8, 128)), (attention, (4, 8192, 32, 8, 128)),
                (attention, (1, 32768, 32, 8, 128)), (attention, (4, 8192, 9, 3, 64)),
                (rmsnorm, (8192, 576)), (rmsnorm, (16384, 4096)), (swiglu, (8192, 14336)),
                (cross_entropy, (8192, 576, 49152)), (cross_entropy, (2048, 4096, 128256)), (adamw, (134217728,))]
    for case, shape in plan:
        try:
            if bench.tiny:
                case(bench, *shape)
            else:
                with torch.cuda.stream(torch.cuda.ExternalStream(bench.engine.stream())):
                    case(bench, *shape)
        except torch.cuda.OutOfMemoryError as e:
            bench.left_out(case.__name__, str(shape), "", e)
        bench.engine.synchronize()
        bench.engine.close_buffers()


if __name__ == "__main__":
    main()
