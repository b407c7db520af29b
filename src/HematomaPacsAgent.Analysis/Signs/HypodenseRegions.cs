using static HematomaPacsAgent.Analysis.Signs.SignCriteria;

namespace HematomaPacsAgent.Analysis.Signs;

/// <summary>The parts of a hematoma's core that are darker than its bright part.</summary>
internal sealed class HypodenseRegions
{
    private HypodenseRegions(Clot clot)
    {
        List<List<int>> parts = Parts(clot, clot.BrightHu - clot.DropHu);
        Labels = new int[clot.Core.Length];
        for (int k = 0; k < parts.Count; k++)
            foreach (int i in parts[k]) Labels[i] = k + 1;
        Regions = [.. parts.Select((part, k) => new HypodenseRegion(clot, this, k + 1, part)).OrderByDescending(region => region.VolumeMl)];
    }

    /// <summary>For each voxel of the cut 0 or the number of its region.</summary>
    public int[] Labels { get; }

    /// <summary>Largest first.</summary>
    public IReadOnlyList<HypodenseRegion> Regions { get; }

    public static HypodenseRegions Of(Clot clot) => new(clot);

    /// <summary>
    /// Connected parts of the core below a density, each with at least <see cref="LeastAreaMm2"/> on one slice. Voxels join at their sides, never
    /// across a corner: two parts that only touch are two.
    /// </summary>
    public static List<List<int>> Parts(Clot clot, double belowHu)
    {
        VolumeGeometry g = clot.Grid;
        bool[] dark = new bool[clot.Core.Length];
        for (int i = 0; i < dark.Length; i++) dark[i] = clot.Core[i] && clot.Smooth[i] < belowHu;
        if (clot.NoiseHu > 0) dark = Opened(dark, g.Columns);
        List<List<int>> parts = [];
        Stack<int> open = new();
        int[] areas = new int[g.Slices];
        for (int start = 0; start < dark.Length; start++)
        {
            if (!dark[start]) continue;
            List<int> part = [];
            Array.Clear(areas);
            Visit(start);
            while (open.TryPop(out int at))
            {
                part.Add(at);
                areas[at / g.PixelsPerSlice]++;
                foreach (int step in (ReadOnlySpan<int>)[1, -1, g.Columns, -g.Columns, g.PixelsPerSlice, -g.PixelsPerSlice]) Visit(at + step);
            }

            if (areas.Max() * clot.PixelMm2 >= LeastAreaMm2) parts.Add(part);
        }

        return parts;

        void Visit(int i)
        {
            if ((uint)i >= (uint)dark.Length || !dark[i]) return;
            dark[i] = false;
            open.Push(i);
        }
    }

    /// <summary>Without what noise made: bridges and specks narrower than three pixels.</summary>
    private static bool[] Opened(bool[] set, int columns)
    {
        bool[] kept = new bool[set.Length];
        for (int i = columns; i < set.Length - columns; i++)
        {
            if (!(set[i] && set[i - 1] && set[i + 1] && set[i - columns] && set[i + columns])) continue;
            kept[i] = kept[i - 1] = kept[i + 1] = kept[i - columns] = kept[i + columns] = true;
        }

        return kept;
    }
}
