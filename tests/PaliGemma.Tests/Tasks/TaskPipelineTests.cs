using PaliGemma.Generation;
using PaliGemma.Imaging;
using PaliGemma.Tasks;
using PaliGemma.Tests.Tokenization;

namespace PaliGemma.Tests.Tasks;

public sealed class TaskPipelineTests : IDisposable
{
    private static readonly TaskOptions Options = new()
    {
        Generation = new GenerationOptions { MaxNewTokens = 60, Temperature = 1, Seed = 3 },
    };

    private readonly PaliGemmaPipeline _pipeline = PaliGemmaPipeline.Load(Goldens.Path("models", "E"));
    private readonly RgbImage _image = ImageFile.Load(Goldens.Path("images", "01_rgb_320x240.png"));

    public void Dispose() => _pipeline.Dispose();

    [Fact]
    public void Detection_gives_boxes_inside_of_the_picture_labels_that_were_asked_for_and_scores()
    {
        TaskOutput output = _pipeline.Run(_image, new DetectPrompt("cat", "dog"), Options);
        Assert.Empty(output.Problems);
        Assert.NotEmpty(output.Objects);
        Assert.All(output.Objects, found =>
        {
            Assert.Contains(found.Label, new[] { "cat", "dog" });
            Assert.InRange(found.Score!.Value, float.Epsilon, 1);
            Assert.True(found.PixelBox.Y1 <= found.PixelBox.Y2 && found.PixelBox.X1 <= found.PixelBox.X2);
            Assert.InRange(found.PixelBox.Y2, 0, 240);
            Assert.InRange(found.PixelBox.X2, 0, 320);
        });
    }

    [Fact]
    public void Several_tasks_on_a_picture_give_what_each_gives_alone_in_the_form_of_its_task()
    {
        TaskPrompt[] tasks =
            [new CaptionPrompt("en"), new DetectPrompt("cat"), new SegmentPrompt("cat"), new ReferringExpressionPrompt("left cat")];
        IReadOnlyList<TaskOutput> together = _pipeline.Run(_image, tasks, Options);
        Assert.Equal(tasks.Select(task => _pipeline.Run(_image, task, Options).Text), together.Select(output => output.Text));
        Assert.Empty(together[0].Objects);
        Assert.All(together[1].Objects, found => Assert.Null(found.MaskCodes));
        Assert.All(together[2].Objects, found => Assert.Equal(16, found.MaskCodes!.Count));
        Assert.Equal("left cat", Assert.Single(together[3].Objects).Label);
        Assert.Equal(1, _pipeline.ImageCache.Count);
    }

    [Fact]
    public async Task Objects_are_streamed_as_the_whole_answer_has_them()
    {
        DetectPrompt task = new("cat", "dog");
        List<DetectedObject> found = [];
        await foreach (DetectedObject one in _pipeline.FindAsync(_image, task, Options))
        {
            found.Add(one);
        }
        Assert.Equal(_pipeline.Run(_image, task, Options).Objects, found);
    }

    [Fact]
    public async Task With_a_decoder_segmented_objects_have_masks_in_the_picture()
    {
        using MaskDecoder decoder = MaskDecoder.Load(Goldens.Path("expected", "mask-vae", "vae-random.npz"));
        TaskOptions options = Options with { MaskDecoder = decoder, MaskResize = MaskResize.SharpBilinear };
        ReferringExpressionPrompt task = new("left cat");
        Assert.Null(Assert.Single(_pipeline.Run(_image, task, Options).Objects).Mask);
        DetectedObject found = Assert.Single(_pipeline.Run(_image, task, options).Objects);
        InstanceMask expected =
            InstanceMask.Place(decoder.Decode(found.MaskCodes!), found.Box, 320, 240, MaskResize.SharpBilinear);
        Assert.Equal((320, 240), (found.Mask!.PictureWidth, found.Mask.PictureHeight));
        Assert.Equal(expected.ToPicture(), found.Mask.ToPicture());
        await foreach (DetectedObject streamed in _pipeline.FindAsync(_image, task, options))
        {
            Assert.Equal(expected.ToPicture(), streamed.Mask!.ToPicture());
        }
        Assert.All(_pipeline.Run(_image, new DetectPrompt("cat"), options).Objects, box => Assert.Null(box.Mask));
    }

    [Fact]
    public void Without_the_constraint_a_model_says_what_it_likes_and_is_read_all_the_same()
    {
        TaskOutput output = _pipeline.Run(_image, new DetectPrompt("cat"), Options with { Constrain = false });
        Assert.False(ObjectText.IsWellFormed(output.Text));
        Assert.NotEmpty(output.Problems);
    }

    [Fact]
    public void Objects_in_the_answer_to_a_free_prompt_are_found_and_in_a_caption_they_are_not_looked_for()
    {
        GeneratedText answer = Answer("<loc0000><loc0000><loc0500><loc0500> cat");
        Assert.Single(TaskOutputParser.Parse(TaskPrompt.Parse("detect cat;"), answer, _pipeline.Tokenizer, 10, 10).Objects);
        Assert.Empty(TaskOutputParser.Parse(new CaptionPrompt("en"), answer, _pipeline.Tokenizer, 10, 10).Objects);
        TaskOutput words = TaskOutputParser.Parse(new FreePrompt("what is it?"), Answer("a <cat>"), _pipeline.Tokenizer, 10, 10);
        Assert.Empty(words.Problems);
    }

    [Fact]
    public void An_object_without_a_label_is_the_only_thing_asked_for()
    {
        GeneratedText answer = Answer("<loc0000><loc0000><loc0500><loc0500>");
        Assert.Equal("cat", TaskOutputParser.Parse(new DetectPrompt("cat"), answer, _pipeline.Tokenizer, 10, 10).Objects[0].Label);
        Assert.Equal("", TaskOutputParser.Parse(new DetectPrompt("cat", "dog"), answer, _pipeline.Tokenizer, 10, 10).Objects[0].Label);
    }

    [Fact]
    public void What_follows_a_thing_that_was_asked_for_is_reported_and_no_part_of_its_label()
    {
        GeneratedText answer = Answer("<loc0000><loc0000><loc0500><loc0500> cat ; and so on");
        TaskOutput output = TaskOutputParser.Parse(new DetectPrompt("cat"), answer, _pipeline.Tokenizer, 10, 10);
        Assert.Equal("cat", Assert.Single(output.Objects).Label);
        Assert.Contains("'and so on'", Assert.Single(output.Problems).What, StringComparison.Ordinal);
    }

    [Fact]
    public void Boxes_that_overlap_an_earlier_one_of_the_same_label_are_left_out_if_that_is_asked_for()
    {
        GeneratedText answer = Answer(
            "<loc0000><loc0000><loc0500><loc0500> cat ; <loc0000><loc0000><loc0500><loc0490> cat ; "
            + "<loc0000><loc0000><loc0500><loc0500> dog ; <loc0000><loc0000><loc0500><loc0200> cat");
        DetectPrompt task = new("cat", "dog");
        Assert.Equal(4, TaskOutputParser.Parse(task, answer, _pipeline.Tokenizer, 10, 10).Objects.Count);
        TaskOutput output = TaskOutputParser.Parse(task, answer, _pipeline.Tokenizer, 10, 10, new TaskOptions { DuplicateOverlap = 0.5f });
        Assert.Equal(["cat", "dog", "cat"], output.Objects.Select(found => found.Label));
    }

    private static GeneratedText Answer(string text) =>
        new(text, [.. GoldenTokenizers.Json.Encode(text).Select(id => new GeneratedToken(id, -0.5f))], FinishReason.Length);
}
