using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics.IbsiFilters;

/// <summary>The IBSI CT phantom as the second phase's configurations take it: A as it is, B in 1 mm cubes; read once for all tests.</summary>
public sealed class CtPhantom
{
    private const string Folder = "radiomics/ibsi/ct-phantom/nifti/";

    private readonly Lazy<(ScalarImage Image, bool[] Region, Box Box)> a = new(() => Resegmented(Read("image/phantom"), Read("mask/mask").Voxels));

    private readonly Lazy<(ScalarImage Image, bool[] Region, Box Box)> b = new(() =>
    {
        ScalarImage image = TestResampling.Cubic(Read("image/phantom"), 1);
        for (int i = 0; i < image.Voxels.Length; i++) image.Voxels[i] = Math.Round(image.Voxels[i]);
        return Resegmented(image, TestResampling.Linear(Read("mask/mask"), 1).Voxels);
    });

    internal (ScalarImage Image, bool[] Region, Box Box) A => a.Value;

    internal (ScalarImage Image, bool[] Region, Box Box) B => b.Value;

    private static ScalarImage Read(string file)
    {
        var nifti = NiftiFile.Read(SharedFiles.Data($"{Folder}{file}.nii.gz"));
        return new ScalarImage(new ImageGrid(nifti.SizeX, nifti.SizeY, nifti.SizeZ, nifti.SpacingX, nifti.SpacingY, nifti.SpacingZ), nifti.Voxels);
    }

    /// <summary>Only intensities from -1000 to 400 HU stay in the region.</summary>
    private static (ScalarImage, bool[], Box) Resegmented(ScalarImage image, double[] mask)
    {
        bool[] region = [.. mask.Select((weight, i) => weight >= 0.5 && image.Voxels[i] is >= -1000 and <= 400)];
        return (image, region, Box.Around(region, image.Grid.SizeX, image.Grid.SizeY, image.Grid.SizeZ));
    }
}
