using static HematomaPacsAgent.Analysis.Signs.SignCriteria;

namespace HematomaPacsAgent.Analysis.Signs;

/// <summary>
/// The density scale of Barras et al. (Stroke 2009) made measurable: 1 for a hematoma without hypodense foci, 2 for one or two on a slice, 3 to 5 for as
/// many; mottled blood without clear foci is 3.
/// </summary>
internal sealed record DensityCategory(int Category, int Foci, int Slice, double DeviationHu)
{
    /// <param name="shiftHu">Moves the density below which a focus counts, down from the bright part.</param>
    public static DensityCategory Of(Clot clot, HypodenseRegions regions, double shiftHu = 0)
    {
        VolumeGeometry g = clot.Grid;
        float limit = (float)(clot.BrightHu - clot.DropHu - shiftHu);
        int most = 0, at = clot.LargestSlice;
        bool[] dark = new bool[g.PixelsPerSlice];
        for (int s = 0; s < g.Slices; s++)
        {
            for (int i = 0; i < dark.Length; i++) dark[i] = clot.Core[s * dark.Length + i] && clot.Smooth[s * dark.Length + i] < limit;
            int foci = CountIn(clot, dark);
            if (foci > most) (most, at) = (foci, s);
        }

        double deviation = Deviation(clot, regions);
        int category = most == 0 ? 1 : most <= 2 ? 2 : Math.Min(5, most);
        return new DensityCategory(deviation - shiftHu / 2 >= MottledHu ? Math.Max(category, BarrasCategory) : category, most, at, deviation);
    }

    private static int CountIn(Clot clot, bool[] dark)
    {
        int columns = clot.Grid.Columns, count = 0;
        Stack<int> open = new();
        for (int start = 0; start < dark.Length; start++)
        {
            if (!dark[start]) continue;
            int area = 0;
            Visit(start);
            while (open.TryPop(out int at))
            {
                area++;
                foreach (int step in (ReadOnlySpan<int>)[1, -1, columns, -columns]) Visit(at + step);
            }

            if (area * clot.PixelMm2 >= LeastAreaMm2) count++;
        }

        return count;

        void Visit(int i)
        {
            if ((uint)i >= (uint)dark.Length || !dark[i]) return;
            dark[i] = false;
            open.Push(i);
        }
    }

    /// <summary>SD of the core's density above noise; the largest hypodense part is a sign of its own and left out.</summary>
    private static double Deviation(Clot clot, HypodenseRegions regions)
    {
        HashSet<int> largest = regions.Regions is [var first, ..] ? [.. first.Voxels] : [];
        double sum = 0, squares = 0;
        int count = 0;
        for (int i = 0; i < clot.Core.Length; i++)
        {
            if (!clot.Core[i] || largest.Contains(i)) continue;
            (sum, squares, count) = (sum + clot.Smooth[i], squares + (double)clot.Smooth[i] * clot.Smooth[i], count + 1);
        }

        if (count == 0) return 0;
        double noise = clot.SmoothNoiseHu, variance = squares / count - sum / count * (sum / count);
        return Math.Sqrt(Math.Max(0, variance - noise * noise));
    }
}
