using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;
using HematomaPacsAgent.Analysis;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Phantoms;

namespace HematomaPacsAgent.Benchmarks;

/// <summary>Our side of <c>segment.sh</c>: Hounsfield units in memory to a mask on the source grid, a process of its own so that its peak memory can be told.</summary>
internal static class SegmentationRun
{
    private const int Slices = 40, Matrix = 512, Seed = 22;
    private const double SpacingMm = 0.45, SliceMm = 4;

    public static int WriteVolume(string target)
    {
        PhantomSpecification head = PhantomSpecification.FromSeed(Seed, Matrix, SpacingMm) with { Slices = Slices, SliceSpacingMm = SliceMm, TiltDegrees = 0 };
        File.WriteAllBytes(target, MemoryMarshal.AsBytes(HeadPhantom.Render(head).Volume.Hounsfield.AsSpan()).ToArray());
        return 0;
    }

    public static int Run(string file, string package, int repetitions)
    {
        VolumeGeometry geometry = new(Matrix, Matrix, Vector3.UnitX, Vector3.UnitY, SpacingMm, SpacingMm,
            [.. Enumerable.Range(0, Slices).Select(k => new Vector3(-115, -115, (float)(k * SliceMm)))], SliceMm);
        Volume volume = new(geometry, MemoryMarshal.Cast<byte, short>(File.ReadAllBytes(file)).ToArray());
        using HematomaSegmenter segmenter = HematomaSegmenter.Load(package, Inference.Cpu);
        for (int i = 0; i < repetitions; i++)
        {
            long begun = Stopwatch.GetTimestamp();
            TimeSpan cpu = Process.GetCurrentProcess().TotalProcessorTime;
            IntracranialSpace space = IntracranialSpace.Find(volume);
            HematomaSegmentation found = segmenter.Segment(volume, space, null, CancellationToken.None);
            double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
            using Process self = Process.GetCurrentProcess();
            Console.WriteLine(FormattableString.Invariant($"agent: {seconds:F2} s, CPU {(self.TotalProcessorTime - cpu).TotalSeconds:F2} s, ")
                + FormattableString.Invariant($"{found.Mask.Voxels.Count(set => set)} voxels, peak {self.PeakWorkingSet64 >> 20} MiB"));
        }

        return 0;
    }
}
