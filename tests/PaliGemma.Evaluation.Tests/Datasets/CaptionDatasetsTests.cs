using PaliGemma.Evaluation.Datasets;
using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Tests.Datasets;

/// <summary>Records written by hand in the form of the published files.</summary>
public sealed class CaptionDatasetsTests : IDisposable
{
    private readonly SampleData _data = new();

    [Fact]
    public void COCO_is_Karpathys_test_part_where_his_file_is_there()
    {
        _data.WithPictures("val2014/COCO_val2014_000000391895.jpg", "val2014/COCO_val2014_000000060623.jpg")
            .With("annotations/captions_val2014.json", """
                {"info": {}, "images": [{"license": 3, "file_name": "COCO_val2014_000000391895.jpg", "height": 360, "width": 640,
                 "id": 391895},
                 {"file_name": "no captions.jpg", "id": 7}],
                 "licenses": [], "annotations": [{"image_id": 391895, "id": 770337, "caption": "A man with a red helmet."},
                 {"image_id": 391895, "id": 771687, "caption": "Man riding a motor bike."}]}
                """);
        Example example = Assert.Single(CocoCaptions.Read(_data.Folder));
        Assert.Equal(("391895", "caption en", 2), (example.Id, example.Prompt, example.Answers.Count));
        _data.With("dataset_coco.json", """
            {"images": [{"filepath": "val2014", "sentids": [1], "filename": "COCO_val2014_000000060623.jpg", "imgid": 1, "split": "test",
              "sentences": [{"tokens": ["a", "girl"], "raw": "A young girl.", "imgid": 1, "sentid": 1}], "cocoid": 60623},
             {"filepath": "val2014", "filename": "COCO_val2014_000000391895.jpg", "split": "train", "sentences": [], "cocoid": 391895}],
             "dataset": "coco"}
            """);
        Example ofKarpathy = Assert.Single(CocoCaptions.Read(_data.Folder));
        Assert.Equal(("60623", "A young girl."), (ofKarpathy.Id, ofKarpathy.Answers[0]));
    }

    [Fact]
    public void NoCaps_has_the_form_of_COCO()
    {
        _data.WithPictures("validation/0013ea2087020901.jpg").With("nocaps_val_4500_captions.json", """
            {"licenses": [], "info": {}, "images": [{"id": 0, "open_images_id": "0013ea2087020901", "height": 1024, "width": 732,
             "coco_url": "", "domain": "near-domain", "file_name": "0013ea2087020901.jpg"}],
             "annotations": [{"image_id": 0, "id": 0, "caption": "A baby is standing."}]}
            """);
        Assert.Equal(["A baby is standing."], Assert.Single(CocoCaptions.ReadNoCaps(_data.Folder)).Answers);
    }

    [Fact]
    public void COCO35L_takes_English_from_beside_German()
    {
        _data.WithPictures("val2014/COCO_val2014_000000184613.jpg").With("coco_mt_dev.jsonl", """
            {"image_id": "184613_0", "trg_lang": "de", "caption_tokenized": "A child .", "translation_tokenized": "Ein Kind ."}
            {"image_id": "184613_0", "trg_lang": "fr", "caption_tokenized": "A child .", "translation_tokenized": "Un enfant ."}
            {"image_id": "184613_1", "trg_lang": "de", "caption_tokenized": "A boy .", "translation_tokenized": "Ein Junge ."}
            """);
        Example english = Assert.Single(TranslatedCaptions.ReadCoco(_data.Folder, ["en"]));
        Assert.Equal(["A child .", "A boy ."], english.Answers);
        Assert.Equal("COCO_val2014_000000184613.jpg", SampleData.PictureName(english));
        Assert.Equal(["caption de", "caption fr"], TranslatedCaptions.ReadCoco(_data.Folder, ["de", "fr"]).Select(one => one.Prompt));
    }

    [Fact]
    public void Crossmodal_has_all_languages_in_a_line()
    {
        _data.WithPictures("images/000411001ff7dd4f.jpg").With("captions.jsonl", """
            {"image/key": "000411001ff7dd4f", "image/locale": "sw", "en": {"caption": ["A cat.", "Cat."], "caption/tokenized": ["A cat ."],
             "caption/tokenized/lowercase": ["a cat ."]}, "es": {"caption": ["Un gato."]}}
            """.ReplaceLineEndings(" "));
        Example[] examples = [.. TranslatedCaptions.ReadCrossmodal(_data.Folder, ["en", "es"])];
        Assert.Equal(["caption en", "caption es"], examples.Select(one => one.Prompt));
        Assert.Equal(["A cat.", "Cat."], examples[0].Answers);
    }

    [Fact]
    public void TextCaps_repeats_a_pictures_captions()
    {
        _data.WithPictures("train_images/e4a4af3e4b8b5b4d.jpg").With("TextCaps_0.1_val.json", """
            {"dataset_type": "val", "dataset_name": "textcaps", "dataset_version": "0.1", "data": [
             {"caption_str": "A book.", "caption_id": 0, "image_id": "e4a4af3e4b8b5b4d", "reference_strs": ["A book.", "A cover."]},
             {"caption_str": "A cover.", "caption_id": 1, "image_id": "e4a4af3e4b8b5b4d", "reference_strs": ["A book.", "A cover."]}]}
            """);
        Assert.Equal(2, Assert.Single(TextCaps.Read(_data.Folder)).Answers.Count);
    }

    [Fact]
    public void SciCap_has_a_file_of_captions_to_a_figure()
    {
        _data.WithPictures("SciCap-No-Subfig-Img/test/1001.0025v1-Figure1-1.png")
            .With("List-of-Files-for-Each-Experiments/First-Sentence/No-Subfig/test/file_idx.json", """["1001.0025v1-Figure1-1.png"]""")
            .With("SciCap-Caption-All/test/1001.0025v1-Figure1-1.json", """
                {"contains-subfigure": false, "figure-ID": "1001.0025v1-Figure1-1.png", "0-originally-extracted": "Figure 1: X.",
                 "1-lowercase-and-token-and-remove-figure-index": {"caption": "x .", "sentence": ["x ."], "token": ["x", "."]}}
                """);
        Example example = Assert.Single(SciCap.Read(_data.Folder));
        Assert.Equal(["x ."], example.Answers);
    }

    [Fact]
    public void Screen2Words_lists_its_screens()
    {
        _data.WithPictures("combined/54137.jpg").With("split/test_screens.txt", "54137\n")
            .With("screen_summaries.csv", "screenId,summary\n54137,page displaying the status\n54137,\"widgets, and more\"\n1,other\n");
        Assert.Equal(["page displaying the status", "widgets, and more"], Assert.Single(Screen2Words.Read(_data.Folder)).Answers);
    }

    [Fact]
    public void WidgetCap_finds_a_widget_in_its_screen()
    {
        // The picture is 4 x 2 pixels: the canvas, 2560 high, is as wide as 5120.
        _data.WithPictures("combined/12.jpg").With("split/test.txt", "12\n")
            .With("widget_captions.csv", "screenId,nodeId,captions\n12,0.1,go back|back\n13,0,x\n")
            .With("combined/12.json", """
                {"activity_name": "x", "activity": {"root": {"bounds": [0, 0, 1, 1], "children": [{"bounds": [1, 1, 2, 2]},
                 {"bounds": [1280, 640, 2560, 1280], "class": "Button"}]}}, "is_keyboard_deployed": false}
                """);
        Example example = Assert.Single(WidgetCap.Read(_data.Folder));
        Assert.Equal(["go back", "back"], example.Answers);
        Assert.Equal(new BoundingBox(0.25f, 0.25f, 0.5f, 0.5f), example.Frame);
    }

    [Fact]
    public void Videos_are_folders_of_frames()
    {
        _data.WithPictures([.. Enumerable.Range(1, 20).Select(i => $"frames/video7010/{i}.jpg"), "frames/v_a/1.jpg", "frames/v_a/2.jpg"])
            .With("test_videodatainfo.json", """
                {"info": {}, "videos": [{"category": 9, "url": "x", "video_id": "video7010", "start time": 1.0, "end time": 2.0,
                 "split": "test", "id": 7010}, {"video_id": "video1", "split": "train"}],
                 "sentences": [{"caption": "a car is shown", "video_id": "video7010", "sen_id": 1}]}
                """)
            .With("test_qa.json", """
                [{"answer": "couch", "category_id": 14, "id": 158581, "question": "what are three people sitting on?", "video_id": 7010}]
                """)
            .With("val_1.json", """{"v_a": {"duration": 10.0, "timestamps": [[0, 5], [5, 10]], "sentences": ["First.", "Then."]}}""")
            .With("test_q.json", """[{"video_name": "a", "question": "what is he doing?", "question_id": "v_a_1"}]""")
            .With("test_a.json", """[{"answer": "running", "type": 0, "question_id": "v_a_1"}]""")
            .With("vatex_validation_v1.0.json", """[{"videoID": "v_a", "enCap": ["A man runs."], "chCap": ["x"]}]""");
        Example captioned = Assert.Single(VideoCaptions.ReadMsrVtt(_data.Folder, 4));
        Assert.Equal(["1.jpg", "6.jpg", "11.jpg", "16.jpg"], captioned.Images.Select(Path.GetFileName));
        Example asked = Assert.Single(VideoQuestions.ReadMsrVtt(_data.Folder, 16));
        Assert.Equal(("answer en what are three people sitting on?", "couch", 16), (asked.Prompt, asked.Answers[0], asked.Images.Count));
        Assert.Equal(
            [["1.jpg", "1.jpg"], ["2.jpg", "2.jpg"]],
            VideoCaptions.ReadActivityNet(_data.Folder, 2).Select(one => one.Images.Select(Path.GetFileName)));
        Assert.Equal("running", Assert.Single(VideoQuestions.ReadActivityNet(_data.Folder, 3)).Answers[0]);
        Assert.Equal(["1.jpg", "2.jpg", "1.jpg"], Assert.Single(VideoCaptions.ReadVatex(_data.Folder, 3)).Images.Select(Path.GetFileName));
    }

    public void Dispose() => _data.Dispose();
}
