using System.Numerics;

namespace HematomaPacsAgent.Analysis.Radiomics;

/// <summary>A CT volume as radiomics take it: a regular grid, the slices stacked upright at their median distance.</summary>
public static class VolumeImage
{
    /// <summary>The whole volume, 8 bytes a voxel.</summary>
    public static ScalarImage Of(Volume volume) => Of(volume, Grid(volume.Geometry).Whole);

    /// <summary>
    /// What some parameters need of a volume: the whole where it is resampled, normalised or filtered, else the region's box with a voxel around it.
    /// </summary>
    /// <exception cref="RadiomicsException">The mask is empty.</exception>
    /// <exception cref="ArgumentException">The mask is not of this volume.</exception>
    public static (ScalarImage Image, bool[] Mask) Of(Volume volume, Mask mask, Parameters.RadiomicsParameters parameters)
    {
        if (!ReferenceEquals(volume.Geometry, mask.Geometry)) throw new ArgumentException("the mask lies on another grid than the volume");
        VolumeGeometry grid = volume.Geometry;
        if (parameters.NeedsWholeImage) return (Of(volume), mask.Voxels);
        Box box = Box.Around(mask.Voxels, grid.Columns, grid.Rows, grid.Slices).Grown(1, 1, 1, grid.Columns, grid.Rows, grid.Slices);
        return (Of(volume, box), box.Cut<bool>(mask.Voxels, grid.Columns, grid.Rows));
    }

    /// <summary>What the regular grid leaves out of account, in plain words: uneven slice distances, gantry tilt.</summary>
    public static IReadOnlyList<string> Doubts(VolumeGeometry grid)
    {
        List<string> warnings = [];
        if (grid.Slices < 2) return warnings;
        double median = grid.MedianSliceSpacingMm;
        double[] steps = [.. Enumerable.Range(1, grid.Slices - 1).Select(k => grid.SlicePositionsMm[k] - grid.SlicePositionsMm[k - 1])];
        if (steps.Max() - steps.Min() > 0.01 * median)
            warnings.Add($"slice distances vary from {steps.Min():F2} to {steps.Max():F2} mm; radiomics take each as {median:F2} mm");
        Vector3 way = grid.Origins[^1] - grid.Origins[0];
        float along = Vector3.Dot(way, grid.Normal);
        double tilt = Math.Atan2((way - along * grid.Normal).Length(), along) * 180 / Math.PI;
        if (tilt > 1) warnings.Add($"gantry tilt of {tilt:F1} degrees; radiomics take the slices as stacked upright");
        return warnings;
    }

    private static ScalarImage Of(Volume volume, Box box)
    {
        short[] cut = box.Cut<short>(volume.Hounsfield, volume.Geometry.Columns, volume.Geometry.Rows);
        return new ScalarImage(Grid(volume.Geometry).Crop(box), Array.ConvertAll(cut, value => (double)value)) { WholeNumbers = true };
    }

    private static ImageGrid Grid(VolumeGeometry geometry)
    {
        var (row, column, normal, origin) = (geometry.RowDirection, geometry.ColumnDirection, geometry.Normal, geometry.Origins[0]);
        return new ImageGrid(geometry.Columns, geometry.Rows, geometry.Slices, geometry.ColumnSpacingMm, geometry.RowSpacingMm, geometry.MedianSliceSpacingMm)
        {
            OriginMm = (origin.X, origin.Y, origin.Z),
            Direction = [row.X, column.X, normal.X, row.Y, column.Y, normal.Y, row.Z, column.Z, normal.Z],
        };
    }
}
