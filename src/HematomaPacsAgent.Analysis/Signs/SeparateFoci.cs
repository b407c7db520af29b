using HematomaPacsAgent.Analysis.Models;
using static HematomaPacsAgent.Analysis.Signs.SignCriteria;

namespace HematomaPacsAgent.Analysis.Signs;

/// <summary>A small hematoma beside the main one.</summary>
/// <param name="Slice">The slice of the cut with its largest area.</param>
/// <param name="DiameterMm">Longest in-plane diameter on any slice.</param>
/// <param name="GapMm">Between its surface and that of the main hematoma.</param>
/// <param name="VolumeMl">Voxel sum.</param>
/// <param name="Slices">The slices of the cut that show it.</param>
internal sealed record Focus(int Slice, double DiameterMm, double GapMm, double VolumeMl, IReadOnlySet<int> Slices);

/// <summary>What lies beside the main hematoma.</summary>
internal static class SeparateFoci
{
    /// <summary>Foci large enough to see and as dense as blood. Specks and calcifications are none; what is larger than an island is another hematoma.</summary>
    public static IReadOnlyList<Focus> Of(Clot clot)
    {
        VolumeGeometry g = clot.Grid;
        List<Focus> foci = [];
        int[]? surface = null;
        foreach (Region region in clot.Others)
        {
            int[] voxels = [.. region.Voxels];
            double mean = voxels.Average(i => (double)clot.Raw[i]);
            var largest = voxels.GroupBy(i => i / g.PixelsPerSlice).MaxBy(slice => slice.Count())!;
            if (largest.Count() * clot.PixelMm2 < FocusAreaMm2 || mean < clot.BrainHu + FocusAboveBrainHu || mean > CalcificationHu) continue;
            double diameter = voxels.GroupBy(i => i / g.PixelsPerSlice).Max(slice => DiameterMm(clot, [.. slice]));
            if (diameter > IslandDiameterMm) continue;
            surface ??= Surface(clot);
            foci.Add(new Focus(largest.Key, diameter, Gap(clot, surface, voxels), region.VolumeMl,
                voxels.Select(i => i / g.PixelsPerSlice).ToHashSet()));
        }

        return foci;
    }

    private static double DiameterMm(Clot clot, int[] voxels)
    {
        VolumeGeometry g = clot.Grid;
        bool[] slice = new bool[g.PixelsPerSlice];
        foreach (int i in voxels) slice[i % g.PixelsPerSlice] = true;
        return Outline.Of(slice, g.Columns, g.ColumnSpacingMm, g.RowSpacingMm).DiameterMm;
    }

    private static int[] Surface(Clot clot)
    {
        bool[] main = clot.Main.Voxels;
        VolumeGeometry g = clot.Grid;
        return [.. Enumerable.Range(0, main.Length).Where(i => main[i] && (!main[i - 1] || !main[i + 1] || !main[i - g.Columns] || !main[i + g.Columns]
            || i < g.PixelsPerSlice || !main[i - g.PixelsPerSlice] || i + g.PixelsPerSlice >= main.Length || !main[i + g.PixelsPerSlice]))];
    }

    /// <summary>From side to side of the nearest voxels; 0 where they touch.</summary>
    private static double Gap(Clot clot, int[] surface, int[] voxels)
    {
        VolumeGeometry g = clot.Grid;
        HashSet<int> own = [.. voxels];
        int[] shell = [.. voxels.Where(i => !own.Contains(i - 1) || !own.Contains(i + 1) || !own.Contains(i - g.Columns) || !own.Contains(i + g.Columns))];
        double nearest = double.PositiveInfinity;
        foreach (int a in shell)
        {
            int xa = a % g.Columns, ya = a / g.Columns % g.Rows, sa = a / g.PixelsPerSlice;
            foreach (int b in surface)
            {
                double dx = Math.Max(0, Math.Abs(b % g.Columns - xa) - 1) * g.ColumnSpacingMm;
                double dy = Math.Max(0, Math.Abs(b / g.Columns % g.Rows - ya) - 1) * g.RowSpacingMm;
                if (dx * dx + dy * dy >= nearest) continue;
                int sb = b / g.PixelsPerSlice;
                double dz = Math.Max(0, Math.Abs(g.SlicePositionsMm[sb] - g.SlicePositionsMm[sa]) - (g.SliceExtentsMm[sa] + g.SliceExtentsMm[sb]) / 2);
                nearest = Math.Min(nearest, dx * dx + dy * dy + dz * dz);
            }
        }

        return Math.Sqrt(nearest);
    }
}
