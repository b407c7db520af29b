using System.Globalization;

namespace HematomaPacsAgent.Analysis.Radiomics.Preprocessing;

/// <summary>Brings a mask that was drawn on another grid to the image's (PyRadiomics' <c>correctMask</c>).</summary>
public static class MaskResampling
{
    /// <summary>Voxels by which a region may reach beyond the image; PyRadiomics' own number.</summary>
    private const double Overhang = 1e-3;

    /// <summary>The mask on the image's grid: for each of the image's voxels the nearest in the mask.</summary>
    /// <param name="image">The image's grid.</param>
    /// <param name="maskGrid">The mask's grid.</param>
    /// <param name="mask">One flag a voxel of the mask's grid.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="RadiomicsException">The region is empty, before or after, or reaches beyond the image.</exception>
    public static bool[] Apply(ImageGrid image, ImageGrid maskGrid, bool[] mask, CancellationToken cancellation)
    {
        Box region = Box.Around(mask, maskGrid.SizeX, maskGrid.SizeY, maskGrid.SizeZ);
        Box reached = Reached(image, maskGrid, region);
        IndexMap map = IndexMap.Between(image, maskGrid);
        var result = new bool[image.Count];
        bool any = false;
        for (int z = reached.Z; z < reached.Z + reached.SizeZ; z++)
        {
            cancellation.ThrowIfCancellationRequested();
            for (int y = reached.Y; y < reached.Y + reached.SizeY; y++)
                for (int x = reached.X; x < reached.X + reached.SizeX; x++)
                {
                    (double i, double j, double k) = map.At(x, y, z);
                    if (!Within(i, maskGrid.SizeX) || !Within(j, maskGrid.SizeY) || !Within(k, maskGrid.SizeZ)) continue;
                    int row = Nearest(k, maskGrid.SizeZ) * maskGrid.SizeY + Nearest(j, maskGrid.SizeY);
                    bool inside = mask[row * maskGrid.SizeX + Nearest(i, maskGrid.SizeX)];
                    result[(z * image.SizeY + y) * image.SizeX + x] = inside;
                    any |= inside;
                }
        }

        return any ? result : throw new RadiomicsException("on the image's grid no voxel of the region is left: it is smaller than the image's voxels");

        static bool Within(double at, int size) => at >= -0.5 && at < size - 0.5;

        // Half way, the higher index, as ITK; coordinates carry rounding of some 1e-13.
        static int Nearest(double at, int size) => Math.Clamp((int)Math.Floor(at + 0.5 + 1e-9), 0, size - 1);
    }

    /// <summary>The image's voxels that the region's bounding box reaches.</summary>
    private static Box Reached(ImageGrid image, ImageGrid maskGrid, Box region)
    {
        IndexMap map = IndexMap.Between(maskGrid, image);
        (double[] low, double[] high) = ([double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity],
            [double.NegativeInfinity, double.NegativeInfinity, double.NegativeInfinity]);
        for (int corner = 0; corner < 8; corner++)
        {
            (double i, double j, double k) = map.At(region.X - 0.5 + (corner & 1) * region.SizeX, region.Y - 0.5 + (corner >> 1 & 1) * region.SizeY,
                region.Z - 0.5 + (corner >> 2) * region.SizeZ);
            double[] at = [i, j, k];
            for (int axis = 0; axis < 3; axis++) (low[axis], high[axis]) = (Math.Min(low[axis], at[axis]), Math.Max(high[axis], at[axis]));
        }

        int[] size = [image.SizeX, image.SizeY, image.SizeZ];
        for (int axis = 0; axis < 3; axis++)
            if (low[axis] < -0.5 - Overhang || high[axis] > size[axis] - 0.5 + Overhang)
                throw new RadiomicsException(string.Create(CultureInfo.InvariantCulture,
                    $"the region reaches beyond the image along {Name(axis)}: from {low[axis]:F2} to {high[axis]:F2} in the image's voxels, which span ") +
                    $"-0.5 to {size[axis] - 0.5}. The mask belongs to another image, or was cut differently");
        int From(int axis) => Math.Clamp((int)Math.Floor(low[axis]), 0, size[axis] - 1);
        int Span(int axis) => Math.Clamp((int)Math.Ceiling(high[axis]), 0, size[axis] - 1) - From(axis) + 1;
        return new Box(From(0), From(1), From(2), Span(0), Span(1), Span(2));
    }

    private static string Name(int axis) => axis switch { 0 => "x", 1 => "y", _ => "z" };
}
