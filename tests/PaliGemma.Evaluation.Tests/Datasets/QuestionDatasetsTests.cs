using PaliGemma.Evaluation.Datasets;

namespace PaliGemma.Evaluation.Tests.Datasets;

/// <summary>Records written by hand in the form of the published files.</summary>
public sealed class QuestionDatasetsTests : IDisposable
{
    private readonly SampleData _data = new();

    [Fact]
    public void VQAv2_joins_questions_and_annotations()
    {
        _data.WithPictures("val2014/COCO_val2014_000000262148.jpg")
            .With("v2_OpenEnded_mscoco_val2014_questions.json", """
                {"info": {"description": "This is v2.0 of the VQA dataset."}, "task_type": "Open-Ended", "data_type": "mscoco",
                 "license": {"url": "x"},
                 "data_subtype": "val2014", "questions": [{"image_id": 262148, "question": "Where is he looking?",
                  "question_id": 262148000}]}
                """)
            .With("v2_mscoco_val2014_annotations.json", """
                {"info": {}, "license": {}, "data_subtype": "val2014", "annotations": [{"question_type": "none of the above",
                 "multiple_choice_answer": "down", "answers": [{"answer": "down", "answer_confidence": "yes", "answer_id": 1},
                 {"answer": "at table", "answer_confidence": "yes", "answer_id": 2}], "image_id": 262148, "answer_type": "other",
                  "question_id": 262148000}]}
                """);
        Example example = Assert.Single(VqaPairs.ReadVqaV2(_data.Folder));
        Assert.Equal(("262148000", "answer en Where is he looking?", "other"), (example.Id, example.Prompt, example.Subset));
        Assert.Equal(["down", "at table"], example.Answers);
        Assert.Equal("COCO_val2014_000000262148.jpg", SampleData.PictureName(example));
    }

    [Fact]
    public void OKVQA_has_the_form_of_VQA()
    {
        _data.WithPictures("COCO_val2014_000000297147.jpg")
            .With("OpenEnded_mscoco_val2014_questions.json", """
                {"questions": [{"image_id": 297147, "question": "What sport can you use this for?", "question_id": 2971475}]}
                """)
            .With("mscoco_val2014_annotations.json", """
                {"annotations": [{"image_id": 297147, "answer_type": "other", "question_type": "four", "question_id": 2971475,
                 "answers": [{"answer_id": 1, "raw_answer": "racing", "answer_confidence": "yes", "answer": "race"}], "confidence": 3}]}
                """);
        Example example = Assert.Single(VqaPairs.ReadOkVqa(_data.Folder));
        Assert.Equal("answer en What sport can you use this for?", example.Prompt);
        Assert.Equal(["race"], example.Answers);
    }

    [Fact]
    public void AOKVQA_has_choices_and_free_answers()
    {
        _data.WithPictures("val2017/000000461751.jpg").With("aokvqa_v1p0_val.json", """
            [{"split": "val", "image_id": 461751, "question_id": "22jbM6gDxdaMaunuzgrsBB",
             "question": "What is in the motorcyclist's mouth?",
              "choices": ["toothpick", "food", "popsicle stick", "cigarette"], "correct_choice_idx": 3,
              "direct_answers": ["cigarette", "cigarette"], "difficult_direct_answer": false, "rationales": ["He's smoking."]}]
            """);
        Example choice = Assert.Single(AOkVqa.ReadChoices(_data.Folder));
        Assert.Equal(
            "answer en  What is in the motorcyclist's mouth? choose from: toothpick \t food \t popsicle stick \t cigarette", choice.Prompt);
        Assert.Equal(["cigarette"], choice.Answers);
        Example direct = Assert.Single(AOkVqa.ReadDirect(_data.Folder));
        Assert.Equal(("answer en What is in the motorcyclist's mouth?", 2), (direct.Prompt, direct.Answers.Count));
    }

    [Fact]
    public void GQA_and_its_translations_name_their_questions()
    {
        const string Questions = """
            {"201307251": {"semantic": [{"operation": "select", "dependencies": [], "argument": "woman (0)"}], "entailed": ["201307252"],
              "equivalent": ["201307251"], "question": "QUESTION", "imageId": "n161313", "isBalanced": true,
              "groups": {"global": null, "local": "06-dress"}, "answer": "dress", "semanticStr": "select", "annotations": {}, "types": {},
              "fullAnswer": "The woman is wearing a dress."}}
            """;
        _data.WithPictures("images/n161313.jpg")
            .With("testdev_balanced_questions.json", Questions.Replace("QUESTION", "What is she wearing?", StringComparison.Ordinal))
            .With("testdev_balanced_questions_de.json", Questions.Replace("QUESTION", "Was trägt sie?", StringComparison.Ordinal));
        Example example = Assert.Single(Gqa.Read(_data.Folder));
        Assert.Equal(("201307251", "answer en What is she wearing?"), (example.Id, example.Prompt));
        Example translated = Assert.Single(Gqa.ReadTranslations(_data.Folder));
        Assert.Equal(("201307251_de", "answer en Was trägt sie?", "de"), (translated.Id, translated.Prompt, translated.Subset));
        Assert.Equal(["dress"], translated.Answers);
    }

    [Fact]
    public void POPE_has_a_question_per_line()
    {
        _data.WithPictures("val2014/COCO_val2014_000000310196.jpg").With("coco_pope_popular.json", """
            {"question_id": 1, "image": "COCO_val2014_000000310196.jpg", "text": "Is there a snowboard in the image?", "label": "yes"}
            {"question_id": 2, "image": "COCO_val2014_000000310196.jpg", "text": "Is there a dining table in the image?", "label": "no"}

            """);
        Example[] examples = [.. Pope.Read(_data.Folder, "popular")];
        Assert.Equal(["Is there a snowboard in the image?", "Is there a dining table in the image?"], examples.Select(one => one.Prompt));
        Assert.Equal(["yes", "no"], examples.Select(one => one.Answers[0]));
    }

    [Fact]
    public void MMVP_pairs_its_questions()
    {
        _data.WithPictures("MMVP Images/1.jpg", "MMVP Images/2.jpg", "MMVP Images/3.jpg").With("Questions.csv", """"
            Index,Question,Options,Correct Answer
            1,Are the butterfly's wings closer to being open or closed?,(a) Open (b) Closed,(a)
            2,Are the butterfly's wings closer to being open or closed?,(a) Open (b) Closed,(b)
            3,"Is the ""cat"" left, or right?",(a) Left (b) Right,(b)
            """");
        Example[] examples = [.. Mmvp.Read(_data.Folder)];
        Assert.Equal(["0", "0", "1"], examples.Select(one => one.Group));
        Assert.Equal(["(b)", "b", "Closed"], examples[1].Answers);
        Assert.Equal("answer en Is the \"cat\" left, or right? (a) Left (b) Right", examples[2].Prompt);
    }

    [Fact]
    public void Reading_competitions_share_a_form()
    {
        _data.WithPictures("train_images/003a8ae2ef43b901.jpg", "documents/pybv0228_81.png", "images/38931.jpeg", "coco-text/a.jpg")
            .With("TextVQA_0.5.1_val.json", """
                {"dataset_type": "val", "dataset_name": "textvqa", "dataset_version": "0.5.1",
                 "data": [{"question": "what is the brand of this camera?",
                 "image_id": "003a8ae2ef43b901", "image_classes": ["Cassette deck"], "image_width": 1024, "image_height": 664,
                  "question_id": 34602,
                 "question_tokens": ["what"], "answers": ["dakota", "nous les gosses"], "set_name": "val"}]}
                """)
            .With("val_v1.0_withQT.json", """
                {"dataset_name": "SP-DocVQA", "dataset_version": "1.0", "dataset_split": "val", "data": [{"questionId": 49153,
                 "question": "What is the value?", "question_types": ["figure/diagram"], "image": "documents/pybv0228_81.png",
                  "docId": 14465,
                 "ucsf_document_id": "pybv0228", "ucsf_document_page_no": "81", "answers": ["0.28"], "data_split": "val"}]}
                """)
            .With("infographicsVQA_val_v1.0_withQT.json", """
                {"dataset_name": "infographicVQA", "dataset_split": "val", "data": [{"questionId": 98313, "question": "Which platform?",
                 "image_local_name": "38931.jpeg", "image_url": "https://x/y.jpeg", "ocr_output_file": "38931.json",
                 "answers": ["facebook", "Facebook"], "data_split": "val"}]}
                """)
            .With("train_task_3.json", """
                {"version": 1.0, "task": 3, "data": [{"set_name": "train", "question": "What is the name?", "answers": ["singer"],
                 "question_id": 41,
                 "dataset": "coco-text", "file_name": "a.jpg", "file_path": "coco-text/a.jpg", "image_classes": []}]}
                """);
        Example text = Assert.Single(DocumentQuestions.ReadTextVqa(_data.Folder));
        Assert.Equal(("34602", "answer en what is the brand of this camera?", 2), (text.Id, text.Prompt, text.Answers.Count));
        Assert.Equal("What is the value?", Assert.Single(DocumentQuestions.ReadDocVqa(_data.Folder)).Prompt);
        Assert.Equal("38931.jpeg", SampleData.PictureName(Assert.Single(DocumentQuestions.ReadInfoVqa(_data.Folder))));
        Assert.Equal(["singer"], Assert.Single(DocumentQuestions.ReadStVqa(_data.Folder)).Answers);
    }

    [Fact]
    public void ChartQA_has_two_files()
    {
        _data.WithPictures("test/png/41699051005347.png", "test/png/two_col_1.png")
            .With("test/test_human.json", """[{"imgname": "41699051005347.png", "query": "How many food items?", "label": "14"}]""")
            .With("test/test_augmented.json", """[{"imgname": "two_col_1.png", "query": "How many stores?", "label": "23"}]""");
        Example[] examples = [.. ChartQa.Read(_data.Folder)];
        Assert.Equal(["human", "augmented"], examples.Select(one => one.Subset));
        Assert.Equal(("How many food items?", "14"), (examples[0].Prompt, examples[0].Answers[0]));
    }

    [Fact]
    public void AI2D_replaces_texts_where_choices_are_letters()
    {
        _data.WithPictures("ai2d/images/0.png", "ai2d/images/1.png")
            .With("ai2d/ai2d_test_ids.csv", "0\n")
            .With("ai2d/questions/1.png.json", """{"questions": {}, "imageName": "1.png"}""")
            .With("ai2d/questions/0.png.json", """
                {"questions": {"which label is the trees?": {"abcLabel": true, "answerTexts": ["F", "D"], "correctAnswer": 1,
                 "questionId": "0.png-0"},
                 "What is it?": {"abcLabel": false, "answerTexts": ["a food web", "a cell"], "correctAnswer": 0, "questionId": "0.png-1"}},
                 "imageName": "0.png"}
                """)
            .With("ai2d/annotations/0.png.json", """
                {"arrowHeads": {}, "text": {"T0": {"id": "T0", "rectangle": [[1, 2], [30, 12]], "value": "trees", "replacementText": "D"}}}
                """);
        Example[] examples = [.. Ai2d.Read(_data.Folder)];
        Assert.Equal(
            ["answer en  which label is the trees? choose from: F \t D", "answer en  What is it? choose from: a food web \t a cell"],
            examples.Select(one => one.Prompt));
        Assert.Equal(["D", "a food web"], examples.Select(one => one.Answers[0]));
        Assert.Equal(new PictureText(new(2, 1, 12, 30), "D"), Assert.Single(examples[0].Texts));
        Assert.Empty(examples[1].Texts);
    }

    [Fact]
    public void ScienceQA_keeps_test_questions_with_a_picture()
    {
        _data.WithPictures("test/11/image.png", "train/1/image.png").With("problems.json", """
            {"1": {"question": "Which?", "choices": ["a", "b"], "answer": 0, "hint": "", "image": "image.png", "subject": "x",
             "split": "train"},
             "5": {"question": "No picture?", "choices": ["a", "b"], "answer": 0, "hint": "", "image": null, "subject": "x",
              "split": "test"},
             "11": {"question": "Which of these states is farthest north?", "choices": ["West Virginia", "Maine"], "answer": 1, "hint": "",
              "image": "image.png", "task": "closed choice", "grade": "grade2", "subject": "social science", "split": "test"}}
            """);
        Example example = Assert.Single(ScienceQa.Read(_data.Folder));
        Assert.Equal(
            "Question: Which of these states is farthest north?\nContext: N/A\nOptions: (A) West Virginia, (B) Maine\nAnswer:",
            example.Prompt);
        Assert.Equal(["The answer is B."], example.Answers);
        Assert.EndsWith(Path.Combine("test", "11", "image.png"), example.Images[0], StringComparison.Ordinal);
    }

    [Fact]
    public void VizWiz_leaves_empty_answers_out()
    {
        _data.WithPictures("val/VizWiz_val_00000000.jpg").With("val.json", """
            [{"image": "VizWiz_val_00000000.jpg", "question": "Ok. There is another picture?", "answers": [{"answer": "unsuitable",
              "answer_confidence": "yes"}, {"answer": "", "answer_confidence": "no"}], "answer_type": "unanswerable", "answerable": 0}]
            """);
        Example example = Assert.Single(VizWiz.Read(_data.Folder));
        Assert.Equal(["unsuitable"], example.Answers);
    }

    [Fact]
    public void TallyQA_tells_simple_questions_from_complex_ones()
    {
        _data.WithPictures("VG_100K_2/2405722.jpg", "VG_100K/2405722.jpg").With("test.json", """
            [{"answer": 1, "data_source": "visual_genome", "image": "VG_100K_2/2405722.jpg", "image_id": 92410, "issimple": false,
              "question": "How many people have hats?", "question_id": 30096339},
             {"answer": 3, "data_source": "imported_genome", "image": "VG_100K/2405722.jpg", "image_id": 92410, "issimple": true,
              "question": "How many people?", "question_id": 30096340}]
            """);
        Example complex = Assert.Single(TallyQa.Read(_data.Folder, isSimple: false));
        Assert.EndsWith(Path.Combine("VG_100K_2", "2405722.jpg"), complex.Images[0], StringComparison.Ordinal);
        Assert.Equal(["3"], Assert.Single(TallyQa.Read(_data.Folder, isSimple: true)).Answers);
    }

    [Fact]
    public void OCRVQA_has_several_questions_to_a_cover()
    {
        _data.WithPictures("images/761183272.jpg").With("dataset.json", """
            {"761183272": {"imageURL": "http://x/y.jpg", "questions": ["Who is the author?", "What is the title?"],
              "answers": ["Mary", "Mom's Family"], "title": "Mom's Family", "authorName": "Mary", "genre": "Calendars", "split": 3},
             "1": {"imageURL": "", "questions": [], "answers": [], "title": "", "authorName": "", "genre": "", "split": 1}}
            """);
        Assert.Equal(["Mary", "Mom's Family"], OcrVqa.Read(_data.Folder).Select(one => one.Answers[0]));
    }

    [Fact]
    public void RSVQA_answers_numbers_by_ranges()
    {
        _data.WithPictures("Images_LR/1.png", "Data/7.png")
            .With("LR_split_test_questions.json", """
                {"questions": [{"id": 77232, "date_added": 1, "img_id": 1, "people_id": 0, "type": "count",
                 "question": "What is the number of roads?",
                 "answers_ids": [0], "active": true}, {"id": 5, "active": false}]}
                """)
            .With("LR_split_test_answers.json", """
                {"answers": [{"id": 0, "date_added": 1, "question_id": 77232, "people_id": 0, "answer": "61", "active": true},
                 {"id": 1, "active": false}]}
                """)
            .With("USGS_split_test_questions.json", """
                {"questions": [{"id": 3, "img_id": 7, "type": "area", "question": "What is the area?", "answers_ids": [9], "active": true}]}
                """)
            .With("USGS_split_test_answers.json", """
                {"answers": [{"id": 9, "question_id": 3, "answer": "0m2", "active": true}]}
                """);
        Example low = Assert.Single(RsVqa.ReadLow(_data.Folder));
        Assert.Equal(("count", "between 11 and 100"), (low.Subset, low.Answers[0]));
        Assert.Equal(["0 m2"], Assert.Single(RsVqa.ReadHigh(_data.Folder, "test")).Answers);
    }

    [Fact]
    public void NLVR2_and_MaRVL_show_two_pictures()
    {
        _data.WithPictures("test1/test1-0-1-img0.png", "test1/test1-0-1-img1.png", "images/a/1.jpg", "images/a/2.jpg")
            .With("test1.json", """
                {"label": "True", "sentence": "There is an empty glass.", "identifier": "test1-0-1-0"}
                """)
            .With("marvl-sw.jsonl", """
                {"concept": "39-Panda", "language": "sw", "caption": "Picha.", "left_img": "1.jpg", "right_img": "2.jpg",
                 "chapter": "Animal",
                 "id": "sw-0", "label": false}
                """.ReplaceLineEndings(" "));
        Example english = Assert.Single(Nlvr2.Read(_data.Folder));
        Assert.Equal(["test1-0-1-img0.png", "test1-0-1-img1.png"], english.Images.Select(Path.GetFileName));
        Assert.Equal(("answer en There is an empty glass.", "True"), (english.Prompt, english.Answers[0]));
        Example swahili = Assert.Single(Nlvr2.ReadTranslations(_data.Folder));
        Assert.Equal(("answer en Picha.", "False", "sw"), (swahili.Prompt, swahili.Answers[0], swahili.Subset));
    }

    [Fact]
    public void Any_benchmark_can_be_lines_of_JSON()
    {
        _data.WithPictures("a.png", "b.png").With("mine.jsonl", """
            {"image": "a.png", "prefix": "answer en how many?", "suffix": "3"}
            {"image": ["a.png", "b.png"], "prefix": "caption en", "suffix": ["one", "two"], "id": "x", "subset": "s", "group": "g"}
            """);
        Example[] examples = [.. GenericLines.Read(_data.Folder)];
        Assert.Equal(["0", "x"], examples.Select(one => one.Id));
        Assert.Equal((2, 2, "s", "g"), (examples[1].Images.Count, examples[1].Answers.Count, examples[1].Subset, examples[1].Group));
    }

    public void Dispose() => _data.Dispose();
}
