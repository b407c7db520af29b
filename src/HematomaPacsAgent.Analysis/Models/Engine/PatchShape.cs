namespace HematomaPacsAgent.Analysis.Models.Engine;

/// <summary>A box of the grid as the network's array holds it: how its voxels follow one another there.</summary>
internal sealed class PatchShape
{
    private readonly int[] sides; // z, y, x
    private readonly int[] strides = new int[3];

    /// <param name="axes">The manifest's order of axes.</param>
    /// <param name="layout">Slices have no z.</param>
    /// <param name="patch">The manifest's sides, in its order.</param>
    /// <param name="context">Added on each side.</param>
    public PatchShape(string axes, InputLayout layout, IReadOnlyList<int> patch, int context)
    {
        string order = layout == InputLayout.Volume ? axes : axes.Replace("z", "", StringComparison.Ordinal);
        Dimensions = [.. patch.Select(side => (long)side + 2 * context)];
        sides = [1, 1, 1];
        int stride = 1;
        for (int place = order.Length - 1; place >= 0; place--)
        {
            int axis = GridPlan.AxisAt(order, place);
            sides[axis] = (int)Dimensions[place];
            strides[axis] = stride;
            stride = checked(stride * sides[axis]);
        }

        Count = stride;
    }

    /// <summary>The spatial dimensions of the network's array.</summary>
    public long[] Dimensions { get; }

    /// <summary>Voxels.</summary>
    public int Count { get; }

    /// <summary>Sides along z, y and x.</summary>
    public IReadOnlyList<int> Sides => sides;

    /// <summary>Where the voxel (z, y, 0) lies in the array, and how far on the next x, with some axes mirrored.</summary>
    /// <param name="mirror">Bits 4, 2 and 1: z, y and x.</param>
    public (int Start, int Step) Row(int z, int y, int mirror)
    {
        int start = ((mirror & 4) != 0 ? sides[0] - 1 - z : z) * strides[0] + ((mirror & 2) != 0 ? sides[1] - 1 - y : y) * strides[1];
        return (mirror & 1) != 0 ? (start + (sides[2] - 1) * strides[2], -strides[2]) : (start, strides[2]);
    }
}
