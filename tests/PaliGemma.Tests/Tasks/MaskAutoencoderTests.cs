using PaliGemma.Checkpoints;
using PaliGemma.Imaging;
using PaliGemma.Tasks;
using PaliGemma.Tests.Checkpoints;

namespace PaliGemma.Tests.Tasks;

/// <summary>The mask VQ-VAE with random weights in the published layout, against an independent implementation in float64.</summary>
public sealed class MaskAutoencoderTests : IDisposable
{
    private static readonly string Weights = Goldens.Path("expected", "mask-vae", "vae-random.npz");
    private readonly NpzFile _expected = NpzFile.Open(Goldens.Path("expected", "mask-vae", "expected.npz"));

    public void Dispose() => _expected.Dispose();

    [Fact]
    public void Codes_are_decoded_as_the_reference_does()
    {
        using MaskDecoder decoder = MaskDecoder.Load(Weights);
        for (int i = 0; i < 8; i++)
        {
            ReadOnlySpan<float> expected = _expected.Get("decode_masks").Data.Span<float>(i * 4096, 4096);
            Tensors.AssertClose($"mask {i}", expected, decoder.Decode(Codes("decode_codes", i)), 1e-5);
        }
    }

    [Fact]
    public void Weights_in_16_bits_give_nearly_the_same()
    {
        using TemporaryFolder folder = new();
        string half = folder.File("half.npz");
        using (NpzFile file = NpzFile.Open(Weights))
        using (NpzFileWriter writer = new(half))
        {
            foreach (string name in file.Names)
            {
                StoredTensor tensor = file.Get(name);
                writer.Write(name, tensor.Data.Span<float>(0, (int)(tensor.Data.Length / sizeof(float))), tensor.Shape, ElementType.Float16);
            }
            writer.Commit();
        }
        Assert.InRange(new FileInfo(half).Length, 1, (new FileInfo(Weights).Length / 2) + 16384);
        using MaskDecoder decoder = MaskDecoder.Load(half);
        using MaskEncoder encoder = MaskEncoder.Load(half);
        ReadOnlySpan<float> expected = _expected.Get("decode_masks").Data.Span<float>(0, 4096);
        Tensors.AssertClose("mask", expected, decoder.Decode(Codes("decode_codes", 0)), 5e-3);
        int same = Codes("encode_codes", 0).Zip(encoder.Encode(Array.ConvertAll(Mask(0), value => (float)value))).Count(pair => pair.First == pair.Second);
        Assert.InRange(same, 14, 16);
    }

    [Fact]
    public void Masks_are_encoded_as_the_reference_does()
    {
        using MaskEncoder encoder = MaskEncoder.Load(Weights);
        for (int i = 0; i < 8; i++)
        {
            float[] mask = Array.ConvertAll(Mask(i), value => (float)value);
            Assert.Equal(Codes("encode_codes", i), encoder.Encode(mask));
        }
    }

    [Fact]
    public void A_picture_s_mask_is_cropped_to_its_rounded_box_and_resized()
    {
        using MaskEncoder encoder = MaskEncoder.Load(Weights);
        byte[] mask = Mask(2);
        bool[] picture = new bool[100 * 130];
        for (int i = 0; i < mask.Length; i++)
        {
            picture[(((i / 64) + 20) * 130) + (i % 64) + 3] = mask[i] != 0;
        }
        BoundingBox box = new(0.203f, 0.02f, 0.838f, 0.518f); // 20.3, 2.6, 83.8, 67.3: rounded 20, 3, 84, 67.
        Assert.Equal(Codes("encode_codes", 2), encoder.Encode(picture, 130, 100, box));
        bool[] twice = [.. Enumerable.Range(0, 200 * 260).Select(i => picture[(i / 260 / 2 * 130) + (i % 260 / 2)])];
        float[] crop = [.. Enumerable.Range(0, 128 * 128).Select(i => twice[(((i / 128) + 40) * 260) + (i % 128) + 6] ? 1f : 0)];
        int[] shrunk = encoder.Encode(BilinearResampler.Resize(crop, 128, 128, 64, 64));
        Assert.Equal(shrunk, encoder.Encode(twice, 260, 200, new BoundingBox(40 / 200f, 6 / 260f, 168 / 200f, 134 / 260f)));
    }

    [Fact]
    public void A_round_trip_reports_how_well_the_decoded_mask_agrees()
    {
        using MaskEncoder encoder = MaskEncoder.Load(Weights);
        using MaskDecoder decoder = MaskDecoder.Load(Weights);
        bool[] picture = new bool[60 * 50];
        for (int y = 10; y < 40; y++)
        {
            picture.AsSpan((y * 60) + 20 - (y / 4), 10 + (y / 2)).Fill(true);
        }
        MaskRoundTrip trip = MaskRoundTrip.Run(picture, 60, 50, encoder, decoder);
        Assert.Equal(16, trip.Codes.Count);
        Assert.Equal(LocationTokens.Decode(LocationTokens.Encode(10 / 50f)), trip.Box.Y1);
        InstanceMask read = InstanceMask.Place(decoder.Decode(trip.Codes), trip.Box, 60, 50, MaskResize.SharpBilinear);
        Assert.Equal(read.ToPicture(), trip.Mask.ToPicture());
        int shared = picture.Zip(read.ToPicture()).Count(pair => pair is (true, true));
        int either = picture.Zip(read.ToPicture()).Count(pair => pair.First || pair.Second);
        Assert.Equal((double)shared / either, trip.IntersectionOverUnion);
        Assert.True(shared > 0);
    }

    [Fact]
    public void A_mask_as_a_picture_run_lengths_or_a_polygon_has_the_same_codes()
    {
        using MaskEncoder encoder = MaskEncoder.Load(Weights);
        using TemporaryFolder folder = new();
        RunLengthEncoding runs = MaskPolygon.Fill([10, 5, 40, 8, 38, 30, 12, 25], 50, 60);
        bool[] pixels = runs.ToMask();
        string white = folder.File("white.png");
        PngWriter.SaveGray(Array.ConvertAll(pixels, inside => inside ? byte.MaxValue : (byte)0), 60, 50, white);
        // The thing in the second colour, and another one in the first.
        byte[] numbers = Array.ConvertAll(pixels, inside => inside ? (byte)2 : (byte)0);
        numbers[^1] = 1;
        string colors = folder.Write("colors.png", IndexedPng.Encode(numbers, 60, 50, [0, 0, 0, 128, 0, 0, 0, 128, 0]));
        InstanceMask[] masks =
        [
            InstanceMask.FromPicture(pixels, 60, 50),
            InstanceMask.FromImage(ImageFile.Load(white)),
            InstanceMask.FromImage(ImageFile.Load(colors), (0, 128, 0)),
        ];
        BoundingBox box = new PixelBox(runs.Bounds.Y, runs.Bounds.X, runs.Bounds.Y + runs.Bounds.Height, runs.Bounds.X + runs.Bounds.Width)
            .ToNormalized(60, 50);
        int[] expected = encoder.Encode(pixels, 60, 50, box);
        Assert.All(masks, mask =>
        {
            Assert.Equal(box, mask.Box);
            Assert.Equal(expected, encoder.Encode(mask.ToPicture(), mask.PictureWidth, mask.PictureHeight, mask.Box));
        });
        Assert.Equal(runs.Area + 1, InstanceMask.FromImage(ImageFile.Load(colors)).Area);
    }

    [Fact]
    public void What_has_no_pixel_cannot_be_encoded()
    {
        using MaskEncoder encoder = MaskEncoder.Load(Weights);
        using MaskDecoder decoder = MaskDecoder.Load(Weights);
        Assert.Throws<ArgumentException>(() => encoder.Encode(new bool[100], 10, 10, new BoundingBox(0.5f, 0, 0.5f, 1)));
        Assert.Throws<ArgumentException>(() => MaskRoundTrip.Run(new bool[100], 10, 10, encoder, decoder));
        Assert.Throws<ArgumentOutOfRangeException>(() => encoder.Encode(new float[64]));
    }

    [Fact]
    public void Sixteen_codes_of_the_codebook_are_a_mask_and_nothing_else_is()
    {
        using MaskDecoder decoder = MaskDecoder.Load(Weights);
        Assert.Throws<ArgumentException>(() => decoder.Decode(new int[15]));
        Assert.Throws<ArgumentException>(() => decoder.Decode([.. new int[15], 128]));
        Assert.Throws<ArgumentException>(() => decoder.Decode([-1, .. new int[15]]));
    }

    [Fact]
    public void A_file_with_an_array_missing_or_of_another_shape_or_type_is_refused_in_one_sentence()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("a.npz", Changed("decoder.8.bias", null, null));
        Assert.Contains($"{path} has no array decoder.8.bias", Refusal(path), StringComparison.Ordinal);
        path = folder.Write("b.npz", Changed("encoder.9.net.2.weight", "<f4", [128, 128, 9, 1]));
        Assert.Contains("expected Float32 or Float16 [128, 128, 3, 3].", Refusal(path), StringComparison.Ordinal);
        path = folder.Write("c.npz", Changed("decoder.12.bias", "<i4", [1]));
        Assert.Contains("decoder.12.bias is Int32 [1]; expected Float32 or Float16 [1].", Refusal(path), StringComparison.Ordinal);
        path = folder.Write("d.npz", "PK nothing"u8);
        Assert.Contains(path, Refusal(path), StringComparison.Ordinal);
        Assert.Contains("missing.npz", Refusal(folder.File("missing.npz")), StringComparison.Ordinal);
    }

    private static string Refusal(string path)
    {
        string message = Assert.Throws<ModelFileException>(() => MaskDecoder.Load(path)).Message;
        Assert.Equal(message, Assert.Throws<ModelFileException>(() => MaskEncoder.Load(path)).Message);
        return message;
    }

    /// <summary>The weights with one array changed, or left out if its type is null.</summary>
    private static byte[] Changed(string changed, string? type, long[]? shape)
    {
        using NpzFile file = NpzFile.Open(Weights);
        NpzWriter writer = new();
        foreach (string name in file.Names)
        {
            StoredTensor tensor = file.Get(name);
            ReadOnlySpan<byte> data = tensor.Data.Span<byte>(0, (int)tensor.Data.Length);
            if (name != changed)
            {
                writer.Add(name, "<f4", tensor.Shape, data);
            }
            else if (type is not null)
            {
                writer.Add(name, type, shape!, data);
            }
        }
        return writer.ToArray();
    }

    private int[] Codes(string name, int index) =>
        Array.ConvertAll(_expected.Get(name).Data.Span<long>(index * 16, 16).ToArray(), code => (int)code);

    private byte[] Mask(int index) => _expected.Get("encode_masks").Data.Span<byte>(index * 4096, 4096).ToArray();
}
