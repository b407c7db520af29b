using HematomaPacsAgent.Analysis.Radiomics.Features;
using HematomaPacsAgent.Analysis.Radiomics.Filters;
using HematomaPacsAgent.Analysis.Radiomics.Parameters;
using HematomaPacsAgent.Analysis.Radiomics.Preprocessing;

namespace HematomaPacsAgent.Analysis.Radiomics;

/// <summary>
/// What PyRadiomics does before it measures, in its order (Python module <c>radiomics.featureextractor</c>): normalise, resample or crop, check the
/// mask, re-segment, filter.
/// </summary>
internal static class PyRadiomicsPreparation
{
    public static PreparedCase Of(ScalarImage image, bool[] mask, RadiomicsParameters parameters, List<string> warnings, CancellationToken cancellation)
    {
        RadiomicsSettings settings = parameters.Settings;
        DiagnosticColumns diagnostics = new(settings.AdditionalInfo, parameters);
        diagnostics.Add("original", image, mask);
        if (settings.Normalize) image = Normalisation.Apply(image, settings.NormalizeScale, settings.RemoveOutliers);
        PreparedRegion region = new(image, mask);
        if (settings is { Interpolator: { } interpolator, ResampledPixelSpacing: [double x, double y, double z] })
        {
            region = new PyRadiomicsResampling(x, y, z)
            {
                Interpolator = interpolator, PadDistance = settings.PadDistance, IntegerPixels = image.WholeNumbers, PixelRange = image.PixelRange,
            }.Apply(image, mask, cancellation);
            diagnostics.Add("interpolated", region.Image, region.Mask);
        }
        else if (settings.PreCrop)
        {
            MaskRegion.Check(mask, image.Grid, settings.MinimumROIDimensions, settings.MinimumROISize, []);
            region = region.Crop(settings.PadDistance);
        }

        ScalarImage prepared = region.Image;
        Box box = MaskRegion.Check(region.Mask, prepared.Grid, settings.MinimumROIDimensions, settings.MinimumROISize, warnings);
        bool[] kept = region.Mask;
        if (settings.ResegmentRange is { } range)
        {
            kept = Resegmentation.PyRadiomics(prepared, region.Mask, range, settings.ResegmentMode);
            box = MaskRegion.Check(kept, prepared.Grid, settings.MinimumROIDimensions, settings.MinimumROISize, []);
            diagnostics.Add("resegmented", prepared, kept);
        }

        ImageGrid grid = prepared.Grid.Crop(box);
        bool[] inside = box.Cut<bool>(kept, prepared.Grid.SizeX, prepared.Grid.SizeY);
        // PyRadiomics crops the un-resegmented mask to the resegmented one's box before it takes the form.
        bool[] form = settings.ResegmentShape ? inside : box.Cut<bool>(region.Mask, prepared.Grid.SizeX, prepared.Grid.SizeY);
        // Form asks for no intensities, so none of them can spoil it.
        MeasuredImage formImage = new("original", ImageKind.Form,
            token => new MeasuredRegion(new RoiImage(grid, new double[box.Count], form), settings, null, null, token));

        FilteredImages filtered = ImageTypes.Of(prepared, box, parameters.ImageTypes.Select(type => type.Type));
        warnings.AddRange(filtered.Warnings);
        Dictionary<ImageType, RadiomicsSettings> own = new(ReferenceEqualityComparer.Instance);
        foreach ((ImageType type, RadiomicsSettings typeSettings) in parameters.ImageTypes) own[type] = typeSettings;
        return new PreparedCase([formImage, .. filtered.Images.Select(one => new MeasuredImage(one.Prefix,
            one.Type is ImageType.Original ? ImageKind.Unfiltered : ImageKind.Filtered,
            token => new MeasuredRegion(new RoiImage(grid, one.Compute(token), inside), own[one.Type], null, null, token)))], diagnostics.Columns);
    }
}
