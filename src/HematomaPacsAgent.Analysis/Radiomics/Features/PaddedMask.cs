namespace HematomaPacsAgent.Analysis.Radiomics.Features;

/// <summary>The flags of a region as 0 and 1 with a border of one empty voxel on each side, so that a surface closes and needs no bounds check.</summary>
internal sealed class PaddedMask
{
    /// <param name="grid">Sizes and spacing of the box.</param>
    /// <param name="mask">One flag a voxel of the box.</param>
    /// <exception cref="RadiomicsException">The counts differ, or the box with its border is more than an array holds.</exception>
    public PaddedMask(ImageGrid grid, ReadOnlySpan<bool> mask)
    {
        Grid = grid;
        if (mask.Length != grid.Count)
            throw new RadiomicsException($"{mask.Length} flags for {grid.SizeX} x {grid.SizeY} x {grid.SizeZ} voxels");
        if ((Int128)(grid.SizeX + 2L) * (grid.SizeY + 2L) * (grid.SizeZ + 2L) > Array.MaxLength)
            throw new RadiomicsException($"a region of {grid.SizeX} x {grid.SizeY} x {grid.SizeZ} voxels is more than memory takes: resample it first");
        Voxels = new byte[(grid.SizeX + 2) * (grid.SizeY + 2) * (grid.SizeZ + 2)];
        for (int z = 0, source = 0; z < grid.SizeZ; z++)
            for (int y = 0; y < grid.SizeY; y++)
                for (int x = 0, target = ((z + 1) * (grid.SizeY + 2) + y + 1) * (grid.SizeX + 2) + 1; x < grid.SizeX; x++)
                    Voxels[target++] = mask[source++] ? (byte)1 : (byte)0;
    }

    /// <summary>The box without its border.</summary>
    public ImageGrid Grid { get; }

    /// <summary>(SizeX + 2) x (SizeY + 2) x (SizeZ + 2) flags, x fastest.</summary>
    public byte[] Voxels { get; }

    public int StrideY => Grid.SizeX + 2;

    public int StrideZ => StrideY * (Grid.SizeY + 2);
}
