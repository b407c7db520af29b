namespace HematomaPacsAgent.Analysis.Radiomics.Features;

/// <summary>The axis along which no neighbour is looked for, or none.</summary>
internal enum Plane
{
    /// <summary>Neighbours in all three dimensions.</summary>
    Volume,

    /// <summary>Within axial slices (constant z).</summary>
    Axial,

    /// <summary>Within planes of constant y.</summary>
    Coronal,

    /// <summary>Within planes of constant x.</summary>
    Sagittal,
}

/// <summary>Steps from a voxel to a neighbour.</summary>
internal readonly record struct Offset(int X, int Y, int Z)
{
    /// <summary>
    /// One of each pair of opposite steps whose Chebyshev length is one of the distances: 13 for distance 1 in the volume, 4 in a plane.
    /// </summary>
    public static Offset[] Half(IReadOnlyList<int> distances, Plane plane)
    {
        List<Offset> half = [];
        foreach (int d in distances)
            for (int z = 0; z <= d; z++)
                for (int y = z == 0 ? 0 : -d; y <= d; y++)
                    for (int x = z == 0 && y == 0 ? 1 : -d; x <= d; x++)
                        if (Math.Max(z, Math.Max(Math.Abs(y), Math.Abs(x))) == d && Lies(plane, x, y, z)) half.Add(new Offset(x, y, z));
        return [.. half];
    }

    /// <summary>The difference of two positions in a grid with these strides.</summary>
    public int In(DiscretisedRoi roi) => Z * roi.StrideZ + Y * roi.StrideY + X;

    private static bool Lies(Plane plane, int x, int y, int z) => plane switch
    {
        Plane.Axial => z == 0,
        Plane.Coronal => y == 0,
        Plane.Sagittal => x == 0,
        _ => true,
    };
}
