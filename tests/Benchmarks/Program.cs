using BenchmarkDotNet.Running;
using HematomaPacsAgent.Benchmarks;

if (args is ["segment-volume", var target]) return SegmentationRun.WriteVolume(target);
if (args is ["segment", var volume, var package, var repetitions]) return SegmentationRun.Run(volume, package, int.Parse(repetitions));
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
