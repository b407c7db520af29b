using BenchmarkDotNet.Running;
using HematomaPacsAgent.Benchmarks;

if (args is ["segment-volume", var target]) return SegmentationRun.WriteVolume(target);
if (args is ["segment", var volume, var package, var repetitions]) return SegmentationRun.Run(volume, package, int.Parse(repetitions));
if (args is ["segment-phantoms", var model, var first, var count]) return SegmentationRun.Phantoms(model, int.Parse(first), int.Parse(count));
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
