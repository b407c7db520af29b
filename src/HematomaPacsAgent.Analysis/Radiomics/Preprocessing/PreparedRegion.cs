namespace HematomaPacsAgent.Analysis.Radiomics.Preprocessing;

/// <summary>An image and a region on the same grid, ready for filters and features.</summary>
/// <param name="Image">The image.</param>
/// <param name="Mask">One flag a voxel.</param>
internal sealed record PreparedRegion(ScalarImage Image, bool[] Mask)
{
    /// <summary>Cut to the region's bounding box and a margin, as far as the image reaches: PyRadiomics' <c>preCrop</c> with <c>padDistance</c>, and
    /// without a margin its <c>cropToTumorMask</c>.</summary>
    /// <param name="padDistance">Voxels on each side.</param>
    public PreparedRegion Crop(int padDistance)
    {
        ImageGrid grid = Image.Grid;
        Box box = Box.Around(Mask, grid.SizeX, grid.SizeY, grid.SizeZ).Grown(padDistance, padDistance, padDistance, grid.SizeX, grid.SizeY, grid.SizeZ);
        return new PreparedRegion(Image.Crop(box), box.Cut<bool>(Mask, grid.SizeX, grid.SizeY));
    }
}
