namespace HematomaPacsAgent.Analysis.Radiomics.Preprocessing;

/// <summary>Whether a mask holds a region that features can be computed from.</summary>
internal static class MaskRegion
{
    /// <summary>Checks a region as PyRadiomics' <c>checkMask</c> does.</summary>
    /// <param name="mask">One flag a voxel of <paramref name="grid"/>.</param>
    /// <param name="grid">The grid of image and mask.</param>
    /// <param name="minimumDimensions">PyRadiomics' <c>minimumROIDimensions</c>, 1 to 3: axes along which the bounding box must be longer than one
    /// voxel. A single voxel is never enough.</param>
    /// <param name="minimumSize">PyRadiomics' <c>minimumROISize</c>: the region must have more voxels than this.</param>
    /// <param name="warnings">Receives a sentence when the region touches the image's border.</param>
    /// <returns>The bounding box.</returns>
    /// <exception cref="RadiomicsException">The mask is empty, or the region is too small.</exception>
    public static Box Check(ReadOnlySpan<bool> mask, ImageGrid grid, int minimumDimensions, int? minimumSize, ICollection<string> warnings)
    {
        if (minimumDimensions is < 1 or > 3) throw new RadiomicsException($"minimumROIDimensions {minimumDimensions}: must be 1, 2 or 3");
        if (minimumSize is < 1) throw new RadiomicsException($"minimumROISize {minimumSize}: must be at least 1");
        if (mask.Length != grid.Count)
            throw new RadiomicsException($"{mask.Length} flags for an image of {grid.SizeX} x {grid.SizeY} x {grid.SizeZ} voxels");
        Box box = Box.Around(mask, grid.SizeX, grid.SizeY, grid.SizeZ);
        int dimensions = (box.SizeX > 1 ? 1 : 0) + (box.SizeY > 1 ? 1 : 0) + (box.SizeZ > 1 ? 1 : 0);
        if (dimensions == 0) throw new RadiomicsException("the region is a single voxel: there is nothing to measure");
        if (dimensions < minimumDimensions)
            throw new RadiomicsException($"the region is {box.SizeX} x {box.SizeY} x {box.SizeZ} voxels, {dimensions}-dimensional: at least " +
                $"{minimumDimensions} dimensions are asked for; lower minimumROIDimensions, or leave the region out");
        if (minimumSize is { } least && mask.Count(true) is var voxels && voxels <= least)
            throw new RadiomicsException($"the region has {voxels} voxels, more than {least} are asked for: lower minimumROISize, or leave the region out");
        List<string> sides = [];
        Touch("x", box.X, box.SizeX, grid.SizeX);
        Touch("y", box.Y, box.SizeY, grid.SizeY);
        Touch("z", box.Z, box.SizeZ, grid.SizeZ);
        if (sides.Count > 0)
            warnings.Add($"the region touches the image's border ({string.Join(", ", sides)}): filters see no tissue beyond it, and the region may be cut off");
        return box;

        void Touch(string axis, int from, int size, int whole)
        {
            if (whole == 1) return;
            if (from == 0) sides.Add($"first {axis}");
            if (from + size == whole) sides.Add($"last {axis}");
        }
    }
}
