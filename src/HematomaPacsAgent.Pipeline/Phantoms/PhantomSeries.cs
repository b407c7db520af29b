using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using HematomaPacsAgent.Analysis;
using HematomaPacsAgent.Dicom;

namespace HematomaPacsAgent.Pipeline.Phantoms;

/// <summary>A computer-made head as a CT series, to be sent like a real one. Patient name and descriptions say what it is.</summary>
/// <remarks>PS3.3 §A.3 (CT Image IOD).</remarks>
public static class PhantomSeries
{
    /// <summary>Writes one file a slice (<c>ct-001.dcm</c> …, explicit VR little endian). The same volume and name give the same UIDs.</summary>
    /// <param name="folder">Made if it is not there.</param>
    /// <param name="volume">The phantom.</param>
    /// <param name="name">What tells it from other phantoms, e.g. its seed; up to 32 characters.</param>
    /// <returns>The files, inferior slice first.</returns>
    public static IReadOnlyList<string> Write(string folder, Volume volume, string name)
    {
        Directory.CreateDirectory(folder);
        string content = Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(MemoryMarshal.AsBytes(volume.Hounsfield.AsSpan())));
        List<string> files = [];
        for (int slice = 0; slice < volume.Geometry.Slices; slice++)
        {
            string path = Path.Combine(folder, $"ct-{slice + 1:D3}.dcm");
            new DicomFile(Image(volume, slice, name, content), DicomTransferSyntax.ExplicitVRLittleEndian).Save(path);
            files.Add(path);
        }

        return files;
    }

    private static DicomDataset Image(Volume volume, int slice, string name, string content)
    {
        VolumeGeometry geometry = volume.Geometry;
        Vector3 origin = geometry.Origins[slice], row = geometry.RowDirection, column = geometry.ColumnDirection;
        return new DicomDataset()
            .AddOrUpdate(DicomTag.SpecificCharacterSet, "ISO_IR 192")
            .AddOrUpdate(DicomTag.ImageType, "DERIVED", "SECONDARY", "AXIAL")
            .AddOrUpdate(DicomTag.SOPClassUID, DicomUID.CTImageStorage)
            .AddOrUpdate(DicomTag.SOPInstanceUID, DicomUID.Derive("phantom", name, content, "slice", slice.ToString(CultureInfo.InvariantCulture)))
            .AddOrUpdate(DicomTag.StudyDate, "20260101")
            .AddOrUpdate(DicomTag.ContentDate, "20260101")
            .AddOrUpdate(DicomTag.StudyTime, "120000")
            .AddOrUpdate(DicomTag.ContentTime, "120000")
            .AddOrUpdate(DicomTag.AccessionNumber, "PHANTOM")
            .AddOrUpdate(DicomTag.Modality, "CT")
            .AddOrUpdate(DicomTag.Manufacturer, "HematomaPacsAgent project")
            .AddOrUpdate(DicomTag.ManufacturerModelName, "Head phantom")
            .AddOrUpdate(DicomTag.ReferringPhysicianName, Array.Empty<string>())
            .AddOrUpdate(DicomTag.StudyDescription, "COMPUTER-MADE HEAD PHANTOM")
            .AddOrUpdate(DicomTag.SeriesDescription, "Phantom, no patient")
            .AddOrUpdate(DicomTag.PatientName, $"PHANTOM^{name}")
            .AddOrUpdate(DicomTag.PatientID, $"PHANTOM-{name}")
            .AddOrUpdate(DicomTag.PatientBirthDate, Array.Empty<string>())
            .AddOrUpdate(DicomTag.PatientSex, "O")
            .AddOrUpdate(DicomTag.BodyPartExamined, "HEAD")
            .AddOrUpdate(DicomTag.SliceThickness, geometry.SliceThicknessMm)
            .AddOrUpdate(DicomTag.KVP, 120)
            .AddOrUpdate(DicomTag.ConvolutionKernel, "PHANTOM")
            .AddOrUpdate(DicomTag.PatientPosition, "HFS")
            .AddOrUpdate(DicomTag.StudyInstanceUID, DicomUID.Derive("phantom", name, content, "study"))
            .AddOrUpdate(DicomTag.SeriesInstanceUID, DicomUID.Derive("phantom", name, content, "series"))
            .AddOrUpdate(DicomTag.StudyID, "1")
            .AddOrUpdate(DicomTag.SeriesNumber, 2)
            .AddOrUpdate(DicomTag.AcquisitionNumber, 1)
            .AddOrUpdate(DicomTag.InstanceNumber, slice + 1)
            .AddOrUpdate(DicomTag.ImagePositionPatient, origin.X, origin.Y, origin.Z)
            .AddOrUpdate(DicomTag.ImageOrientationPatient, row.X, row.Y, row.Z, column.X, column.Y, column.Z)
            .AddOrUpdate(DicomTag.FrameOfReferenceUID, DicomUID.Derive("phantom", name, content, "frame of reference"))
            .AddOrUpdate(DicomTag.PositionReferenceIndicator, Array.Empty<string>())
            .AddOrUpdate(DicomTag.SamplesPerPixel, (ushort)1)
            .AddOrUpdate(DicomTag.PhotometricInterpretation, "MONOCHROME2")
            .AddOrUpdate(DicomTag.Rows, (ushort)geometry.Rows)
            .AddOrUpdate(DicomTag.Columns, (ushort)geometry.Columns)
            .AddOrUpdate(DicomTag.PixelSpacing, geometry.RowSpacingMm, geometry.ColumnSpacingMm)
            .AddOrUpdate(DicomTag.BitsAllocated, (ushort)16)
            .AddOrUpdate(DicomTag.BitsStored, (ushort)16)
            .AddOrUpdate(DicomTag.HighBit, (ushort)15)
            .AddOrUpdate(DicomTag.PixelRepresentation, (ushort)1)
            .AddOrUpdate(DicomTag.WindowCenter, 40)
            .AddOrUpdate(DicomTag.WindowWidth, 80)
            .AddOrUpdate(DicomTag.RescaleIntercept, 0)
            .AddOrUpdate(DicomTag.RescaleSlope, 1)
            .AddOrUpdate(DicomTag.RescaleType, "HU")
            .AddOrUpdate(DicomVR.OW, DicomTag.PixelData, MemoryMarshal.AsBytes(volume.Slice(slice)).ToArray());
    }
}
