namespace HematomaPacsAgent.Analysis.Models;

/// <summary>Connected regions of a mask.</summary>
public static class Components
{
    /// <summary>The regions of a mask (26-connected), largest volume first. Memory grows with the runs of voxels set in its rows, not with voxels.</summary>
    public static IReadOnlyList<Region> Of(Mask mask)
    {
        VolumeGeometry g = mask.Geometry;
        List<(int Start, int Length)> runs = [];
        List<int> parent = [];
        int[] rowStart = new int[g.Slices * g.Rows + 1]; // the first run of each row
        for (int line = 0; line < g.Slices * g.Rows; line++)
        {
            rowStart[line] = runs.Count;
            ReadOnlySpan<bool> row = mask.Voxels.AsSpan(line * g.Columns, g.Columns);
            for (int at = row.IndexOf(true); at >= 0;)
            {
                int length = row[at..].IndexOf(false);
                if (length < 0) length = g.Columns - at;
                parent.Add(runs.Count);
                runs.Add((line * g.Columns + at, length));
                int next = row[(at + length)..].IndexOf(true);
                at = next < 0 ? -1 : at + length + next;
            }

            if (runs.Count == rowStart[line]) continue;
            rowStart[line + 1] = runs.Count;
            int slice = line / g.Rows, y = line % g.Rows;
            if (y > 0) Join(line, line - 1);
            for (int other = Math.Max(0, y - 1); slice > 0 && other <= Math.Min(g.Rows - 1, y + 1); other++) Join(line, (slice - 1) * g.Rows + other);
        }

        double[] voxelMl = [.. Enumerable.Range(0, g.Slices).Select(g.VoxelMl)];
        Dictionary<int, (double Ml, List<(int Start, int Length)> Runs)> regions = [];
        for (int i = 0; i < runs.Count; i++)
        {
            int root = Root(i);
            (double ml, List<(int Start, int Length)> own) = regions.TryGetValue(root, out var known) ? known : (0, []);
            own.Add(runs[i]);
            regions[root] = (ml + runs[i].Length * voxelMl[runs[i].Start / g.PixelsPerSlice], own);
        }

        return [.. regions.OrderByDescending(region => region.Value.Ml).ThenBy(region => region.Key)
            .Select(region => new Region(region.Value.Runs, region.Value.Ml))];

        // Runs of both rows are in order: each pair that touches, corners included, is met once.
        void Join(int line, int other)
        {
            int a = rowStart[line], b = rowStart[other], endA = rowStart[line + 1], endB = rowStart[other + 1];
            while (a < endA && b < endB)
            {
                int startA = runs[a].Start % g.Columns, startB = runs[b].Start % g.Columns;
                int lastA = startA + runs[a].Length, lastB = startB + runs[b].Length;
                if (startA <= lastB && startB <= lastA)
                {
                    (int rootA, int rootB) = (Root(a), Root(b));
                    parent[Math.Max(rootA, rootB)] = Math.Min(rootA, rootB);
                }

                if (lastA < lastB) a++;
                else b++;
            }
        }

        int Root(int run)
        {
            while (parent[run] != run) run = parent[run] = parent[parent[run]];
            return run;
        }
    }
}

/// <summary>One connected region.</summary>
public sealed class Region
{
    private readonly IReadOnlyList<(int Start, int Length)> runs;

    internal Region(IReadOnlyList<(int Start, int Length)> runs, double volumeMl) =>
        (this.runs, VolumeMl, Count) = (runs, volumeMl, runs.Sum(run => run.Length));

    /// <summary>How many voxels it has.</summary>
    public int Count { get; }

    /// <summary>Sum of its voxels' volumes, ml.</summary>
    public double VolumeMl { get; }

    /// <summary>The indices of its voxels, ascending.</summary>
    public IEnumerable<int> Voxels => runs.SelectMany(run => Enumerable.Range(run.Start, run.Length));

    /// <summary>Unsets its voxels in a mask of the same grid.</summary>
    public void ClearIn(Mask mask)
    {
        foreach ((int start, int length) in runs) mask.Voxels.AsSpan(start, length).Clear();
    }
}
