namespace HematomaPacsAgent.Analysis.Models.Engine;

/// <summary>
/// The part of the grid that answers for voxels inside the skull are read from: where a package counts nothing else, patches beside it need not
/// be run. One box for each z of the grid.
/// </summary>
internal sealed class NeededVoxels
{
    private readonly (int Top, int Bottom, int Left, int Right)[] boxes; // the ends included; empty: Top above Bottom

    private NeededVoxels(GridReturn back, Mask inside)
    {
        boxes = new (int, int, int, int)[back.Plan.Z.Count];
        Array.Fill(boxes, (int.MaxValue, -1, int.MaxValue, -1));
        for (int slice = back.Plan.Box.FirstSlice; slice <= back.Plan.Box.LastSlice; slice++)
        {
            if (back.Slice(slice) is not { } way || way.Reach(inside.Slice(slice)) is not { } reach) continue;
            for (int z = way.LowestZ; z <= way.HighestZ; z++)
                boxes[z] = (Math.Min(boxes[z].Top, reach.Top), Math.Max(boxes[z].Bottom, reach.Bottom), Math.Min(boxes[z].Left, reach.Left),
                    Math.Max(boxes[z].Right, reach.Right));
        }
    }

    /// <returns>Null where voxels outside the skull count, too.</returns>
    public static NeededVoxels? For(ModelManifest manifest, GridReturn back, IntracranialSpace space) =>
        manifest.Output.Classes.All(c => ClassDecision.IsInsideOnly(manifest, c)) ? new NeededVoxels(back, space.Mask) : null;

    /// <summary>The box around all such voxels: for z, y and x its first voxel and its count; null where there is none.</summary>
    public (int First, int Count)[]? Reach
    {
        get
        {
            int[] slices = [.. Enumerable.Range(0, boxes.Length).Where(z => boxes[z].Bottom >= boxes[z].Top)];
            if (slices.Length == 0) return null;
            int top = slices.Min(z => boxes[z].Top), left = slices.Min(z => boxes[z].Left);
            return [(slices[0], slices[^1] - slices[0] + 1), (top, slices.Max(z => boxes[z].Bottom) - top + 1), (left, slices.Max(z => boxes[z].Right) - left + 1)];
        }
    }

    /// <summary>Whether a patch has such voxels.</summary>
    public bool Meets(int z, int y, int x, IReadOnlyList<int> sides)
    {
        for (int at = Math.Max(0, z); at < Math.Min(boxes.Length, z + sides[0]); at++)
            if (boxes[at].Top < y + sides[1] && boxes[at].Bottom >= y && boxes[at].Left < x + sides[2] && boxes[at].Right >= x) return true;
        return false;
    }
}
