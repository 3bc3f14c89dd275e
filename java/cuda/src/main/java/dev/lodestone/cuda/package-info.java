/**
 * What Lodestone takes from the JavaCPP presets for CUDA, for machines with an NVIDIA GPU: its sensors through NVML,
 * which {@link dev.lodestone.engine.GpuMonitor} finds where this artefact is on the class path, and memory and streams
 * passed to and from other tools of the JVM without a copy.
 *
 * <pre>{@code
 * var theirs = new FloatPointer();
 * cudart.cudaMalloc(theirs, 4096 * Float.BYTES);
 * CudaInterop.waitFor(engine, theirStream);
 * try (var x = CudaInterop.wrap(engine, FLOAT, theirs, 4096)) {
 *   ... ops of the engine on x ...
 * }
 * CudaInterop.signal(engine, theirStream);
 * }</pre>
 *
 * <p>No class of the presets that has native code is touched before the driver's library opens. That code also needs
 * the CUDA runtime, {@code libcudart.so.13}, as a toolkit or PyTorch brings it.
 */
package dev.lodestone.cuda;
