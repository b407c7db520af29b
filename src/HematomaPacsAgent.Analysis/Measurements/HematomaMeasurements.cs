using HematomaPacsAgent.Analysis.Models;

namespace HematomaPacsAgent.Analysis.Measurements;

/// <summary>What is measured of a hematoma and of the head around it (docs/measurements.md has every rule, its source and its weakness).</summary>
/// <param name="Abc2">Of the largest region; null without one.</param>
/// <param name="ComponentCount">Separate regions of the hematoma, 26-connected.</param>
/// <param name="Components">The largest of them, at most <see cref="MostComponents"/>, largest first.</param>
/// <param name="Location">Null without a hematoma.</param>
/// <param name="MidlineShift">Told of every head, with or without a hematoma.</param>
public sealed record HematomaMeasurements(Abc2? Abc2, int ComponentCount, IReadOnlyList<HematomaComponent> Components,
     HematomaLocation? Location, MidlineShift MidlineShift)
{
    public const int MostComponents = 20;

    /// <param name="volume">A head CT: columns towards the patient's left, rows to the back, slices upwards; tilt and uneven spacing are allowed.</param>
    /// <param name="hematoma">Blood in the brain.</param>
    /// <param name="ivh">Blood in the ventricles; null where the model has no such class.</param>
    /// <param name="space">The intracranial space.</param>
    /// <param name="cancellation">Stops between steps.</param>
    /// <exception cref="ArgumentException">A mask is not on the volume's grid, or the volume lies otherwise.</exception>
    public static HematomaMeasurements Of(Volume volume, Mask hematoma, Mask? ivh, IntracranialSpace space, CancellationToken cancellation)
    {
        VolumeGeometry g = volume.Geometry;
        foreach (Mask? mask in (Mask?[])[hematoma, ivh, space.Mask])
            if (mask is not null && (mask.Geometry.Columns, mask.Geometry.Rows, mask.Geometry.Slices) != (g.Columns, g.Rows, g.Slices))
                throw new ArgumentException(
                    $"a mask of {mask.Geometry.Columns} x {mask.Geometry.Rows} x {mask.Geometry.Slices} for a volume of {g.Columns} x {g.Rows} x {g.Slices}");
        if (g.RowDirection.X < 0.5 || g.ColumnDirection.Y < 0.5)
            throw new ArgumentException($"columns run along {g.RowDirection} and rows along {g.ColumnDirection}: bring them towards left and back first");

        IReadOnlyList<Region> regions = Models.Components.Of(hematoma);
        cancellation.ThrowIfCancellationRequested();
        MidsagittalPlane? plane = MidsagittalPlane.Fit(space, cancellation);
        MidlineShift shift = MidlineShift.Of(volume, space, plane, hematoma, ivh, cancellation);
        // The ideal midline comes from the skull, and the brain may lean out of the gap.
        if (space.OpenSlices.Count > 0) shift = shift with { Reliability = shift.Reliability / 2, Doubts = [.. shift.Doubts, "the skull is open"] };
        if (shift.Reliability < MidlineShift.LeastReliability) shift = shift with { Mm = null, Towards = null, Slice = null };
        if (regions.Count == 0) return new HematomaMeasurements(null, 0, [], null, shift);

        Mask largest = new(g);
        foreach (int voxel in regions[0].Voxels) largest.Voxels[voxel] = true;
        return new HematomaMeasurements(Measurements.Abc2.Of(largest), regions.Count,
            [.. regions.Take(MostComponents).Select(region => HematomaComponent.Of(volume, region))],
            HematomaLocation.Of(g, regions, hematoma.VolumeMl, ivh?.VolumeMl ?? 0, space, plane), shift);
    }
}
