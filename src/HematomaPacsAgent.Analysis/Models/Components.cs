namespace HematomaPacsAgent.Analysis.Models;

/// <summary>Connected regions of a mask.</summary>
public static class Components
{
    /// <summary>The regions of a mask (26-connected), largest volume first, as lists of voxel indices.</summary>
    public static IReadOnlyList<IReadOnlyList<int>> Of(Mask mask)
    {
        VolumeGeometry g = mask.Geometry;
        bool[] left = (bool[])mask.Voxels.Clone();
        List<(double Ml, List<int> Voxels)> regions = [];
        Stack<int> open = new();
        for (int seed = 0; seed < left.Length; seed++)
        {
            if (!left[seed]) continue;
            List<int> voxels = [];
            double ml = 0;
            left[seed] = false;
            open.Push(seed);
            while (open.TryPop(out int at))
            {
                voxels.Add(at);
                int slice = at / g.PixelsPerSlice, row = at % g.PixelsPerSlice / g.Columns, column = at % g.Columns;
                ml += g.VoxelMl(slice);
                for (int z = Math.Max(0, slice - 1); z <= Math.Min(g.Slices - 1, slice + 1); z++)
                    for (int y = Math.Max(0, row - 1); y <= Math.Min(g.Rows - 1, row + 1); y++)
                        for (int x = Math.Max(0, column - 1); x <= Math.Min(g.Columns - 1, column + 1); x++)
                        {
                            int next = (z * g.Rows + y) * g.Columns + x;
                            if (!left[next]) continue;
                            left[next] = false;
                            open.Push(next);
                        }
            }

            regions.Add((ml, voxels));
        }

        return [.. regions.OrderByDescending(region => region.Ml).Select(region => region.Voxels)];
    }
}
