namespace HematomaPacsAgent.Analysis.Radiomics.Features;

/// <summary>
/// A region in grey levels 1, 2, … instead of HU, with a border of empty voxels so that neighbours need no bounds check. The grid holds ranks:
/// 1 + the index into <see cref="Levels"/>, so matrices are as large as the levels that occur, not as the highest one.
/// </summary>
internal sealed class DiscretisedRoi
{
    /// <param name="roi">The region.</param>
    /// <param name="border">Empty voxels on each side, at least the farthest neighbour looked at.</param>
    /// <param name="levels">Level of each voxel of the region, in voxel order, from 1.</param>
    public DiscretisedRoi(RoiImage roi, int border, ReadOnlySpan<int> levels)
    {
        Roi = roi;
        Border = border;
        StrideY = roi.SizeX + 2 * border;
        if ((Int128)StrideY * (roi.SizeY + 2 * border) * (roi.SizeZ + 2 * border) > Array.MaxLength)
            throw new RadiomicsException($"a region in a box of {roi.SizeX} x {roi.SizeY} x {roi.SizeZ} voxels with a border of {border} is too large " +
                "for textures: resample it to larger voxels");
        StrideZ = StrideY * (roi.SizeY + 2 * border);
        Grid = new int[StrideZ * (roi.SizeZ + 2 * border)];
        Positions = new int[levels.Length];
        GreyLevels = 0;
        foreach (int level in levels) GreyLevels = Math.Max(GreyLevels, level);
        Histogram = new int[GreyLevels + 1];
        foreach (int level in levels) Histogram[level]++;
        Levels = [.. Enumerable.Range(1, GreyLevels).Where(level => Histogram[level] > 0)];
        var ranks = new int[GreyLevels + 1];
        for (int rank = 0; rank < Levels.Length; rank++) ranks[Levels[rank]] = rank + 1;

        List<Range> slices = [];
        ReadOnlySpan<bool> inside = roi.Inside;
        int k = 0;
        for (int z = 0, source = 0; z < roi.SizeZ; z++)
        {
            int start = k;
            for (int y = 0; y < roi.SizeY; y++)
                for (int x = 0, target = PositionOf(0, y, z); x < roi.SizeX; x++, target++)
                {
                    if (!inside[source++]) continue;
                    Grid[target] = ranks[levels[k]];
                    Positions[k++] = target;
                }

            if (k > start) slices.Add(start..k);
        }

        Slices = [.. slices];
    }

    public RoiImage Roi { get; }

    public int Border { get; }

    /// <summary>Ng: the highest level (levels in between may be empty).</summary>
    public int GreyLevels { get; }

    /// <summary>The levels that occur, ascending.</summary>
    public int[] Levels { get; }

    /// <summary>Rank of each voxel of the padded box; 0 outside the region.</summary>
    public int[] Grid { get; }

    /// <summary>Index into <see cref="Grid"/> of each voxel of the region.</summary>
    public int[] Positions { get; }

    /// <summary>Ranges of <see cref="Positions"/>, one for each slice that the region reaches.</summary>
    public Range[] Slices { get; }

    /// <summary>Voxels a level; index 0 stays 0.</summary>
    public int[] Histogram { get; }

    public int StrideY { get; }

    public int StrideZ { get; }

    /// <summary>The parts of <see cref="Positions"/> that an aggregation looks at one by one: slices, or all.</summary>
    public Range[] Parts(bool slices) => slices ? Slices : [Range.All];

    public int PositionOf(int x, int y, int z) => (z + Border) * StrideZ + (y + Border) * StrideY + x + Border;
}
