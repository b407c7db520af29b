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

    /// <summary>The figures of a model card: a package on phantoms that training never saw, 512 x 512.</summary>
    public static int Phantoms(string package, int first, int count)
    {
        using HematomaSegmenter segmenter = HematomaSegmenter.Load(package, Inference.Cpu);
        List<(double Ml, double Dice, double FoundMl)> bleeds = [];
        List<int> falseVoxels = [];
        for (int seed = first; seed < first + count; seed++)
        {
            PhantomCase head = HeadPhantom.Render(PhantomSpecification.FromSeed(seed, Matrix));
            Mask found = segmenter.Segment(head.Volume, IntracranialSpace.Find(head.Volume), null, CancellationToken.None).Mask;
            if (head.Hematoma.IsEmpty) falseVoxels.Add(found.Voxels.Count(set => set));
            else
            {
                int both = 0, sum = 0;
                for (int i = 0; i < found.Voxels.Length; i++)
                {
                    if (found.Voxels[i] && head.Hematoma.Voxels[i]) both++;
                    sum += (found.Voxels[i] ? 1 : 0) + (head.Hematoma.Voxels[i] ? 1 : 0);
                }

                bleeds.Add((head.HematomaMl, 2.0 * both / sum, found.VolumeMl));
            }
        }

        foreach ((string name, double from, double to) in ((string, double, double)[])[("all", 0, 1e9), ("to 5 ml", 0, 5), ("5 to 30 ml", 5, 30), ("above 30 ml", 30, 1e9)])
        {
            double[] dice = [.. bleeds.Where(bleed => bleed.Ml > from && bleed.Ml <= to).Select(bleed => bleed.Dice).Order()];
            if (dice.Length > 0)
                Console.WriteLine(FormattableString.Invariant($"{name}: n {dice.Length}, Dice median {dice[dice.Length / 2]:F3}, quartiles {dice[dice.Length / 4]:F3} and ")
                    + FormattableString.Invariant($"{dice[dice.Length * 3 / 4]:F3}, lowest {dice[0]:F3}; IoU above 0.6 in {dice.Count(d => d / (2 - d) > 0.6)}, above 0.8 in {dice.Count(d => d / (2 - d) > 0.8)}"));
        }

        double[] errors = [.. bleeds.Select(bleed => bleed.FoundMl / bleed.Ml - 1).Order()];
        Console.WriteLine(FormattableString.Invariant($"volume: within 20 % in {errors.Count(e => Math.Abs(e) <= 0.2)} of {errors.Length}, median error {errors[errors.Length / 2]:P1}, ")
            + FormattableString.Invariant($"lowest {errors[0]:P0}, highest {errors[^1]:P0}; without a hematoma {falseVoxels.Count}, false voxels in {falseVoxels.Count(n => n > 0)} ({string.Join(" ", falseVoxels.Where(n => n > 0))})"));
        return 0;
    }
}
