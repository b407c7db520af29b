namespace HematomaPacsAgent.Analysis.Radiomics;

/// <summary>A box of voxels in an image: first voxel and size along x, y, z.</summary>
internal readonly record struct Box(int X, int Y, int Z, int SizeX, int SizeY, int SizeZ)
{
    public int Count => checked(SizeX * SizeY * SizeZ);

    /// <summary>The smallest box that holds every flag set.</summary>
    /// <exception cref="RadiomicsException">No flag is set.</exception>
    public static Box Around(ReadOnlySpan<bool> mask, int columns, int rows, int slices)
    {
        (int x0, int y0, int z0, int x1, int y1, int z1) = (int.MaxValue, int.MaxValue, int.MaxValue, -1, -1, -1);
        for (int z = 0; z < slices; z++)
            for (int y = 0; y < rows; y++)
            {
                ReadOnlySpan<bool> row = mask.Slice((z * rows + y) * columns, columns);
                int first = row.IndexOf(true);
                if (first < 0) continue;
                (x0, x1) = (Math.Min(x0, first), Math.Max(x1, row.LastIndexOf(true)));
                (y0, y1) = (Math.Min(y0, y), Math.Max(y1, y));
                (z0, z1) = (Math.Min(z0, z), z);
            }

        if (z1 < 0) throw new RadiomicsException("the mask is empty: there is no region to measure");
        return new Box(x0, y0, z0, x1 - x0 + 1, y1 - y0 + 1, z1 - z0 + 1);
    }

    /// <summary>The box with a margin on each side, as far as the image of the given size reaches.</summary>
    public Box Grown(int marginX, int marginY, int marginZ, int columns, int rows, int slices)
    {
        (int x, int y, int z) = (Math.Max(0, X - marginX), Math.Max(0, Y - marginY), Math.Max(0, Z - marginZ));
        return new Box(x, y, z, (int)Math.Min((long)columns, (long)X + SizeX + marginX) - x, (int)Math.Min((long)rows, (long)Y + SizeY + marginY) - y,
            (int)Math.Min((long)slices, (long)Z + SizeZ + marginZ) - z);
    }

    /// <summary>The box's voxels out of an image of the given row and slice size.</summary>
    public T[] Cut<T>(ReadOnlySpan<T> source, int columns, int rows)
    {
        var cut = new T[Count];
        int target = 0;
        for (int z = Z; z < Z + SizeZ; z++)
            for (int y = Y; y < Y + SizeY; y++, target += SizeX)
                source.Slice((z * rows + y) * columns + X, SizeX).CopyTo(cut.AsSpan(target));
        return cut;
    }
}
