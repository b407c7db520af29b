using System.Numerics;
using HematomaPacsAgent.Analysis.Radiomics.Parameters;

namespace HematomaPacsAgent.Analysis.Radiomics;

/// <summary>
/// A CT volume as radiomics take it: a regular grid, the slices stacked upright. Where slice distances vary (mixed thickness, a missing slice) the
/// stack is first resampled to its median distance, or volumes and forms would be wrong: HU linearly between slices, the mask from the nearest one,
/// so that each slice counts with the extent that it has in <see cref="Mask.VolumeMl"/>.
/// </summary>
public static class VolumeImage
{
    /// <summary>Distances that differ by less are even: positions are rounded in DICOM.</summary>
    private const double EvenWithin = 0.01;

    /// <summary>
    /// A volume and a region on the regular grid: all of it, or the region's box with a voxel around it, which is enough where nothing is filtered.
    /// </summary>
    /// <param name="volume">The volume.</param>
    /// <param name="mask">The region, on the volume's own grid.</param>
    /// <param name="whole">Whether all is needed: <see cref="RadiomicsParameters.NeedsWholeImage"/>.</param>
    /// <exception cref="RadiomicsException">The mask is empty, or lost when uneven slices are resampled, or even slices would be too many.</exception>
    /// <exception cref="ArgumentException">The mask is not of this volume.</exception>
    public static (ScalarImage Image, bool[] Mask) Of(Volume volume, Mask mask, bool whole)
    {
        if (!ReferenceEquals(volume.Geometry, mask.Geometry)) throw new ArgumentException("the mask lies on another grid than the volume");
        Stack stack = Stack.Of(volume.Geometry);
        bool[] flags = stack.Regular(mask.Voxels);
        ImageGrid grid = stack.Grid;
        if (!flags.Contains(true) && mask.Voxels.Contains(true))
            throw new RadiomicsException($"the region lies only in slices so thin that none is left at {grid.SpacingZMm:F2} mm, to which these uneven slices are resampled");
        Box box = whole
            ? grid.Whole
            : Box.Around(flags, grid.SizeX, grid.SizeY, grid.SizeZ).Grown(1, 1, 1, grid.SizeX, grid.SizeY, grid.SizeZ);
        return (stack.Regular(volume, box), box.Cut<bool>(flags, grid.SizeX, grid.SizeY));
    }

    /// <summary>The volume's slices as they are, upright at their median distance: the grid that masks are put on before they are resampled with it.</summary>
    public static ImageGrid StackedGrid(VolumeGeometry geometry) => Stack.Upright(geometry);

    /// <summary>What is not as it was acquired, in plain words: uneven slice distances, gantry tilt.</summary>
    public static IReadOnlyList<string> Doubts(VolumeGeometry grid)
    {
        List<string> warnings = [];
        if (grid.Slices < 2) return warnings;
        (double least, double most) = Steps(grid);
        if (IsUneven(grid))
            warnings.Add($"slice distances vary from {least:F2} to {most:F2} mm; for radiomics the slices were resampled to {grid.MedianSliceSpacingMm:F2} mm");
        Vector3 way = grid.Origins[^1] - grid.Origins[0];
        float along = Vector3.Dot(way, grid.Normal);
        double tilt = Math.Atan2((way - along * grid.Normal).Length(), along) * 180 / Math.PI;
        if (tilt > 1) warnings.Add($"gantry tilt of {tilt:F1} degrees; radiomics take the slices as stacked upright: volumes hold, diameters and axes are inexact");
        return warnings;
    }

    private static bool IsUneven(VolumeGeometry grid) => grid.Slices > 1 && Steps(grid) is var (least, most) && most - least > EvenWithin * grid.MedianSliceSpacingMm;

    private static (double Least, double Most) Steps(VolumeGeometry grid)
    {
        double[] steps = [.. Enumerable.Range(1, grid.Slices - 1).Select(k => grid.SlicePositionsMm[k] - grid.SlicePositionsMm[k - 1])];
        return (steps.Min(), steps.Max());
    }

    /// <summary>Which slices the regular grid's slices are made of.</summary>
    /// <param name="Grid">The regular grid.</param>
    /// <param name="Places">Place of each of its slices among the acquired ones, fractional.</param>
    private sealed record Stack(ImageGrid Grid, double[] Places)
    {
        public static Stack Of(VolumeGeometry geometry)
        {
            ImageGrid upright = Upright(geometry);
            if (!IsUneven(geometry)) return new Stack(upright, [.. Enumerable.Range(0, geometry.Slices).Select(k => (double)k)]);
            IReadOnlyList<double> positions = geometry.SlicePositionsMm;
            double step = geometry.MedianSliceSpacingMm, slices = Math.Floor((positions[^1] - positions[0]) / step + 0.5) + 1;
            if (slices * geometry.PixelsPerSlice > Array.MaxLength)
                throw new RadiomicsException($"{slices} even slices of {step:F2} mm are more than memory takes: the slice positions are far apart");
            var places = new double[(int)slices];
            for (int k = 0, below = 0; k < places.Length; k++)
            {
                double at = Math.Min(positions[0] + k * step, positions[^1]);
                while (below < positions.Count - 2 && positions[below + 1] <= at) below++;
                places[k] = below + (at - positions[below]) / (positions[below + 1] - positions[below]);
            }

            ImageGrid even = new(upright.SizeX, upright.SizeY, places.Length, upright.SpacingXMm, upright.SpacingYMm, step)
            {
                OriginMm = upright.OriginMm, Direction = upright.Direction,
            };
            return new Stack(even, places);
        }

        public static ImageGrid Upright(VolumeGeometry geometry)
        {
            var (row, column, normal, origin) = (geometry.RowDirection, geometry.ColumnDirection, geometry.Normal, geometry.Origins[0]);
            return new ImageGrid(geometry.Columns, geometry.Rows, geometry.Slices, geometry.ColumnSpacingMm, geometry.RowSpacingMm, geometry.MedianSliceSpacingMm)
            {
                OriginMm = (origin.X, origin.Y, origin.Z),
                Direction = [row.X, column.X, normal.X, row.Y, column.Y, normal.Y, row.Z, column.Z, normal.Z],
            };
        }

        /// <summary>The mask on the regular grid; itself where that is the volume's.</summary>
        public bool[] Regular(bool[] mask)
        {
            if (mask.Length == Grid.Count && Places.Index().All(place => place.Item == place.Index)) return mask;
            int pixels = Grid.SizeX * Grid.SizeY;
            var regular = new bool[Grid.Count];
            for (int k = 0; k < Places.Length; k++)
                mask.AsSpan((int)Math.Floor(Places[k] + 0.5) * pixels, pixels).CopyTo(regular.AsSpan(k * pixels));
            return regular;
        }

        /// <summary>A box of the volume on the regular grid, in whole HU.</summary>
        public ScalarImage Regular(Volume volume, Box box)
        {
            var voxels = new double[box.Count];
            for (int z = 0, target = 0; z < box.SizeZ; z++)
            {
                double place = Places[box.Z + z];
                int below = (int)Math.Floor(place), above = Math.Min(below + 1, volume.Geometry.Slices - 1);
                double share = place - below;
                ReadOnlySpan<short> low = volume.Slice(below), high = volume.Slice(above);
                for (int y = box.Y; y < box.Y + box.SizeY; y++)
                    for (int x = y * Grid.SizeX + box.X, end = x + box.SizeX; x < end; x++)
                        voxels[target++] = share == 0 ? low[x] : Math.Round(low[x] + share * (high[x] - low[x]));
            }

            return new ScalarImage(Grid.Crop(box), voxels) { WholeNumbers = true };
        }
    }
}
