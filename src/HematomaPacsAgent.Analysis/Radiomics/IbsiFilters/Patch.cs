namespace HematomaPacsAgent.Analysis.Radiomics.IbsiFilters;

/// <summary>The part of an image that is known, and where it lies: its edges are the image's edge only where the box touches it.</summary>
internal sealed record Patch(ImageGrid Grid, Box Box, double[] Values)
{
    public static Patch Whole(ScalarImage image) => new(image.Grid, image.Grid.Whole, image.Voxels);

    /// <summary>First voxel, count and the image's size along axis 0, 1 or 2.</summary>
    public (int First, int Count, int Size) Along(int axis) => axis switch
    {
        0 => (Box.X, Box.SizeX, Grid.SizeX),
        1 => (Box.Y, Box.SizeY, Grid.SizeY),
        _ => (Box.Z, Box.SizeZ, Grid.SizeZ),
    };

    public static Box With(Box box, int axis, int first, int count) => axis switch
    {
        0 => box with { X = first, SizeX = count },
        1 => box with { Y = first, SizeY = count },
        _ => box with { Z = first, SizeZ = count },
    };
}
