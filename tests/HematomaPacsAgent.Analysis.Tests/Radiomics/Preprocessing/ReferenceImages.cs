using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics.Preprocessing;

/// <summary>The images and masks of the reference data on their grids.</summary>
internal static class ReferenceImages
{
    /// <summary>PyRadiomics' own test case brain1: MR, whole numbers, 0.78 x 0.78 x 6.5 mm.</summary>
    public static (ScalarImage Image, bool[] Mask) Brain1() => Read("radiomics/pyradiomics-oracle/brain1_image.nii.gz",
        "radiomics/pyradiomics-oracle/brain1_mask.nii.gz", (-99.609375, 99.609375, -78), [1, 0, 0, 0, -1, 0, 0, 0, 1]);

    /// <summary>A made-up head CT, 512 x 512 x 40 voxels.</summary>
    public static (ScalarImage Image, bool[] Mask) Ich5() => Read("radiomics/pyradiomics-oracle/ich5_image.nii.gz",
        "radiomics/pyradiomics-oracle/ich5_mask.nii.gz", (0, 0, 0), [1, 0, 0, 0, 1, 0, 0, 0, 1]);

    /// <summary>IBSI's CT phantom: a lung tumour, 0.977 x 0.977 x 3 mm.</summary>
    public static (ScalarImage Image, bool[] Mask) IbsiPhantom() => Read("radiomics/ibsi/ct-phantom/nifti/image/phantom.nii.gz",
        "radiomics/ibsi/ct-phantom/nifti/mask/mask.nii.gz", (0, 0, 0), [1, 0, 0, 0, 1, 0, 0, 0, 1]);

    private static (ScalarImage Image, bool[] Mask) Read(string image, string mask, (double, double, double) origin, double[] direction)
    {
        NiftiFile values = NiftiFile.Read(SharedFiles.Data(image)), flags = NiftiFile.Read(SharedFiles.Data(mask));
        ImageGrid grid = new(values.SizeX, values.SizeY, values.SizeZ, values.SpacingX, values.SpacingY, values.SpacingZ)
        {
            OriginMm = origin,
            Direction = direction,
        };
        return (new ScalarImage(grid, values.Voxels), [.. flags.Voxels.Select(flag => flag == 1)]);
    }
}
