using CsCheck;

namespace HematomaPacsAgent.Dicom.Tests.Encoding;

/// <summary>Data sets of every value representation, nested three deep, with private elements.</summary>
internal static class RandomDatasets
{
    private static readonly Gen<string> Ascii = Gen.String[Gen.Char.AlphaNumeric, 0, 12];

    private static readonly Gen<DicomItem> Element = Gen.OneOf(
        Text(Ascii, "AE", "CS", "LO", "SH", "UC"), Text(Gen.Const("20261123"), "DA"), Text(Gen.Const("101500.25"), "TM"),
            Text(Gen.Const("20261123101500"), "DT"),
        Text(Gen.Const("045Y"), "AS"), Text(Ascii, "LT", "ST", "UT", "UR"), Text(Gen.Const("1.2.840.10008.1.1"), "UI"),
        Text(Gen.Select(Ascii, Ascii, (family, given) => $"{family}^{given}"), "PN"),
        Text(Gen.Double[-1e6, 1e6].Select(DicomDecimalString.Format), "DS"),
            Text(Gen.Int.Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture)), "IS"),
        Numbers(Gen.UShort.Select(i => (double)i), "US"), Numbers(Gen.Short.Select(i => (double)i), "SS"),
            Numbers(Gen.UInt.Select(i => (double)i), "UL"),
        Numbers(Gen.Int.Select(i => (double)i), "SL"), Numbers(Gen.Float.Select(i => (double)i), "FL"), Numbers(Gen.Double, "FD"),
        Bytes(8, "UV", "SV", "OD", "OV"), Bytes(4, "AT", "OF", "OL"), Bytes(2, "OW", "OB", "UN"));

    public static readonly Gen<DicomDataset> Any = Gen.Recursive<DicomDataset>((depth, inner) =>
        Gen.Select(Element.Array[0, 12], depth < 3 ? inner.Array[0, 3] : Gen.Const(Array.Empty<DicomDataset>()), (elements, items) =>
        {
            DicomDataset dataset = new();
            foreach (DicomItem element in elements) dataset.AddOrUpdate(element);
            dataset.PrivateTag(0x0099, "TEST", 1);
            return items.Length > 0 ? dataset.AddOrUpdate(DicomTag.ReferencedSeriesSequence, items) : dataset;
        }));

    private static Gen<DicomItem> Text(Gen<string> text, params string[] codes) =>
        Gen.Select(Gen.OneOf([.. codes.Select(code => Gen.Const(code))]), text, (code, value) => (DicomItem)Item(code,
            System.Text.Encoding.ASCII.GetBytes(value)));

    private static Gen<DicomItem> Numbers(Gen<double> number, string code) => Gen.Select(number.Array[0, 4], values =>
        new DicomDataset().AddOrUpdate(DicomVR.Find(code)!, Tag(code), values).First());

    private static Gen<DicomItem> Bytes(int size, params string[] codes) =>
        Gen.Select(Gen.OneOf([.. codes.Select(code => Gen.Const(code))]), Gen.Byte.Array[0, 40], (code, bytes) => (DicomItem)Item(code,
            bytes[..(bytes.Length / size * size)]));

    private static DicomElement Item(string code, byte[] value) => new DicomElement(Tag(code), DicomVR.Find(code)!, value);

    // A tag of its own for each representation: known to the dictionary where that has one, so that implicit VR finds it again.
    private static DicomTag Tag(string code) => code switch
    {
        "AE" => DicomTag.StationAETitle, "CS" => DicomTag.Modality, "LO" => DicomTag.SeriesDescription, "SH" => DicomTag.StudyID,
            "UC" => DicomTag.StrainDescription,
        "DA" => DicomTag.StudyDate, "TM" => DicomTag.StudyTime, "DT" => DicomTag.AcquisitionDateTime, "AS" => DicomTag.PatientAge,
            "LT" => DicomTag.PatientComments,
        "ST" => DicomTag.InstitutionAddress, "UT" => DicomTag.TextValue, "UR" => DicomTag.RetrieveURL, "UI" => DicomTag.SOPInstanceUID,
            "PN" => DicomTag.PatientName,
        "DS" => DicomTag.PixelSpacing, "IS" => DicomTag.InstanceNumber, "US" => DicomTag.Rows, "SS" => DicomTag.TagAngleSecondAxis,
            "UL" => DicomTag.SimpleFrameList,
        "SL" => DicomTag.DisplayedAreaTopLeftHandCorner, "FL" => DicomTag.RecommendedDisplayFrameRateInFloat,
            "FD" => DicomTag.FloatingPointValue,
        "UV" => DicomTag.SelectorUVValue, "SV" => DicomTag.SelectorSVValue, "OD" => DicomTag.DoubleFloatPixelData,
            "OV" => DicomTag.ExtendedOffsetTable,
        "AT" => DicomTag.FrameIncrementPointer, "OF" => DicomTag.FloatPixelData, "OL" => DicomTag.TrackPointIndexList,
            "OW" => DicomTag.PixelData,
        "OB" => DicomTag.EncapsulatedDocument, _ => new DicomTag(0x0099, 0x1001),
    };
}
