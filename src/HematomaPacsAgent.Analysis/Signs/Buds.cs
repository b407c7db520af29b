using HematomaPacsAgent.Analysis.Models;
using static HematomaPacsAgent.Analysis.Signs.SignCriteria;

namespace HematomaPacsAgent.Analysis.Signs;

/// <summary>
/// Small hematomas that hang on the main one like bubbles: what an opening takes off its slices, high and compact enough, with a neck no wider than
/// itself. A lobe larger than the opening stays, as the island sign wants.
/// </summary>
internal static class Buds
{
    public static int Count(Clot clot)
    {
        VolumeGeometry g = clot.Grid;
        Mask kept = new(g);
        int largest = clot.Main.CountIn(clot.LargestSlice);
        for (int s = 0; s < g.Slices; s++)
        {
            // Near its poles a hematoma is small, and the opening would take all of it.
            ReadOnlySpan<bool> slice = clot.Filled.Slice(s);
            if (10 * slice.Count(true) < 3 * largest) continue;
            bool[] rest = Array.ConvertAll(slice.ToArray(), set => !set);
            float[] depth = InPlane.SquaredDistance(rest, g.Columns, g.ColumnSpacingMm, g.RowSpacingMm);
            double radius = Math.Clamp(0.5 * Math.Sqrt(depth.Max()), LeastOpeningMm, MostOpeningMm);
            float limit = (float)(radius * radius);
            float[] beyond = InPlane.SquaredDistance(Array.ConvertAll(depth, d => d > limit), g.Columns, g.ColumnSpacingMm, g.RowSpacingMm);
            Array.ConvertAll(beyond, d => MathF.Sqrt(d) - (float)radius).CopyTo(beyond, 0); // height over the opened shape
            Keep(clot, slice, beyond, kept, s);
        }

        return kept.IsEmpty ? 0 : Components.Of(kept).Count;
    }

    private static void Keep(Clot clot, ReadOnlySpan<bool> slice, float[] height, Mask kept, int s)
    {
        VolumeGeometry g = clot.Grid;
        VolumeGeometry flat = new(g.Columns, g.Rows, g.RowDirection, g.ColumnDirection, g.ColumnSpacingMm, g.RowSpacingMm, [g.Origins[s]], g.SliceThicknessMm);
        Mask residue = new(flat);
        // Half a pixel: the opening of a pixelated shape is never quite itself.
        double least = 0.5 * Math.Max(g.ColumnSpacingMm, g.RowSpacingMm);
        for (int i = 0; i < slice.Length; i++) residue.Voxels[i] = slice[i] && height[i] > least;
        foreach (Region region in Components.Of(residue))
        {
            int[] voxels = [.. region.Voxels];
            if (voxels.Length * clot.PixelMm2 < BudAreaMm2 || voxels.Max(i => height[i]) < BudHeightMm) continue;
            double neck = voxels.Count(i => height[i] <= least + Math.Max(g.ColumnSpacingMm, g.RowSpacingMm)) * Math.Min(g.ColumnSpacingMm, g.RowSpacingMm);
            bool[] alone = new bool[slice.Length];
            foreach (int i in voxels) alone[i] = true;
            if (neck > 1.2 * Outline.Of(alone, g.Columns, g.ColumnSpacingMm, g.RowSpacingMm).DiameterMm) continue;
            foreach (int i in voxels) kept.Voxels[s * g.PixelsPerSlice + i] = true;
        }
    }
}
