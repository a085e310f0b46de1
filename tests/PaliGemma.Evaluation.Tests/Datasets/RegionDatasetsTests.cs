using PaliGemma.Evaluation.Datasets;

namespace PaliGemma.Evaluation.Tests.Datasets;

/// <summary>Records written by hand in the form of the published files.</summary>
public sealed class RegionDatasetsTests : IDisposable
{
    private const string Instances = """
        {"info": {}, "images": [{"file_name": "000000000009.jpg", "height": 2, "width": 4, "id": 9}],
         "annotations": [{"segmentation": [[0, 0, 2, 0, 2, 2, 0, 2]], "area": 4.0, "iscrowd": 0, "image_id": 9, "bbox": [0, 0, 2, 2],
           "category_id": 51, "id": 1038967},
          {"segmentation": {"counts": [4, 4], "size": [2, 4]}, "area": 4, "iscrowd": 1, "image_id": 9, "bbox": [2, 0, 2, 2],
           "category_id": 56, "id": 7}],
         "categories": [{"supercategory": "kitchen", "id": 51, "name": "bowl"}, {"supercategory": "food", "id": 56, "name": "broccoli"}]}
        """;

    private readonly SampleData _data = new();

    [Fact]
    public void COCO_searches_pictures_for_all_categories()
    {
        _data.WithPictures("val2017/000000000009.jpg").With("annotations/instances_val2017.json", Instances);
        Example example = Assert.Single(CocoInstances.Read(_data.Folder));
        Assert.Equal("detect bowl ; broccoli", example.Prompt);
        Assert.Equal([("bowl", 0.0, false), ("broccoli", 2.0, true)], example.Regions.Select(one => (one.Label, one.X, one.IsCrowd)));
    }

    [Theory]
    [InlineData(
        "(lp1\n(dp2\nS'sentences'\np3\n(lp4\n(dp5\nS'sent_id'\np6\nI0\nsS'sent'\np7\nVleft bowl\np8\nsasS'ref_id'\np9\nI3\ns"
        + "S'ann_id'\np10\nI1038967\nsS'image_id'\np11\nL9L\nsS'split'\np12\nS'val'\np13\nsa.")]
    [InlineData(
        "\u0080\u0002]q\0}q\u0001(X\u0009\0\0\0sentencesq\u0002]q\u0003}q\u0004X\u0004\0\0\0sentq\u0005X\u0009\0\0\0left bowlq\u0006sa"
        + "X\u0006\0\0\0ref_idq\u0007K\u0003X\u0006\0\0\0ann_idq\u0008J\u0077\u00da\u000f\0X\u0008\0\0\0image_idq\u0009K\u0009"
        + "X\u0005\0\0\0splitq\nU\u0003valq\u000bua.")]
    public void RefCOCO_joins_pickled_expressions_and_shapes(string pickle)
    {
        _data.WithPictures("train2014/000000000009.jpg").With("refcoco/instances.json", Instances);
        File.WriteAllBytes(Path.Combine(_data.Folder.Path, "refcoco", "refs(unc).p"), [.. pickle.Select(letter => (byte)letter)]);
        Example example = Assert.Single(RefCoco.Read(_data.Folder, "refcoco", "val"));
        Assert.Equal(("1038967_3_0", "left bowl"), (example.Id, example.Prompt));
        AnnotatedRegion region = Assert.Single(example.Regions);
        Assert.Equal((2, 4, 4), (region.Mask!.Height, region.Mask.Width, region.Mask.Area));
        Assert.Empty(RefCoco.Read(_data.Folder, "refcoco", "testA"));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("[[1, 2, 3]]")]
    [InlineData("[[1, 2, \"x\", 4]]")]
    [InlineData("[[1e30, 0, 2, 0, 2, 2]]")]
    [InlineData("{\"counts\": [1, 2]}")]
    [InlineData("{\"counts\": [-1, 9]}")]
    [InlineData("{\"counts\": \"zzz\"}")]
    [InlineData("3")]
    public void Damaged_shapes_are_named(string shape)
    {
        string json = Instances.Replace("[[0, 0, 2, 0, 2, 2, 0, 2]]", shape, StringComparison.Ordinal);
        _data.WithPictures("000000000009.jpg").With("refcoco/instances.json", json);
        File.WriteAllText(
            Path.Combine(_data.Folder.Path, "refcoco", "refs(unc).p"),
            "(lp1\n(dp2\nS'sentences'\n(lS'x'\nasS'ref_id'\nI3\nsS'ann_id'\nI1038967\nsS'image_id'\nI9\nsS'split'\nS'val'\nsa."
                .Replace("(lS'x'\na", "(l(dS'sent'\nS'x'\nsa", StringComparison.Ordinal));
        string message = Assert.Throws<ModelFileException>(() => RefCoco.Read(_data.Folder, "refcoco", "val").ToArray()).Message;
        Assert.Contains("segmentation", message, StringComparison.Ordinal);
        Assert.Contains("instances.json", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("(lp1\n")]
    [InlineData("cos\nsystem\n(S'true'\ntR.")]
    [InlineData("}.")]
    [InlineData("0.")]
    [InlineData("]qX\u00ff\u00ff\u00ff\u00ff")]
    [InlineData("]X\u00ff\u00ff\u00ff\u007f.")]
    [InlineData("(lg99\na.")]
    [InlineData("]\u008a\u0009123456789a.")]
    public void Pickles_of_anything_but_plain_data_are_refused(string pickle)
    {
        string path = Path.Combine(_data.Folder.Path, "x.p");
        File.WriteAllBytes(path, [.. pickle.Select(letter => (byte)letter)]);
        Assert.Contains("x.p", Assert.Throws<ModelFileException>(() => PickleFile.ReadList(path)).Message, StringComparison.Ordinal);
    }

    public void Dispose() => _data.Dispose();
}
